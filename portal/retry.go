package portal

// retryWebhook sends a delivery once more. The {id} is that of a log row; the
// new delivery is a row of its own.
func (c *call) retryWebhook() (success, error) {
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if c.id() == 0 {
		return success{}, errArgument("Id")
	}
	r, w := c.delivered(c.id())
	if r == nil {
		return success{}, errNotFound()
	}
	if err := c.checkAccess(w.createdBy); err != nil {
		return success{}, err
	}
	return success{value: c.projection().pick(c.again(r, w))}, nil
}

// retryWebhooks sends several deliveries once more. Unknown ones and those of
// others are passed over without a word.
func (c *call) retryWebhooks() (success, error) {
	var ids []int32
	if err := c.bind("ASC.Web.Api.ApiModels.RequestsDto.WebhookRetryRequestsDto", map[string]binder{"ids": bindInts(&ids)}); err != nil {
		return success{}, err
	}
	c.p.mu.Lock()
	defer c.p.mu.Unlock()
	if err := c.checkAccess(""); err != nil {
		return success{}, err
	}
	if ids == nil {
		return success{}, errNullReference()
	}
	fields := c.projection()
	list := []any{}
	for _, id := range ids {
		r, w := c.delivered(id)
		if r == nil || c.checkAccess(w.createdBy) != nil {
			continue
		}
		list = append(list, fields.pick(c.again(r, w)))
	}
	return success{value: list}, nil
}

// delivered finds a log row and its webhook.
func (c *call) delivered(id int32) (*logRow, *webhook) {
	r := c.p.st.row(id)
	if r == nil {
		return nil, nil
	}
	w := c.p.st.webhook(r.hook)
	if w == nil {
		return nil, nil
	}
	return r, w
}

// again queues a copy of r and answers it as it is in memory: with the text of
// the old delivery, and an instant of full precision.
func (c *call) again(r *logRow, w *webhook) object {
	copied := c.p.addRow(w, r.trigger, r.requestPayload)
	answer := c.p.logAnswer(copied, nil)
	copied.created = c.p.stored(copied.created)
	return answer
}
