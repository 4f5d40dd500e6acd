package portal

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/docspace-go/webhooks/receiver"
)

const (
	// attemptTimeout bounds one attempt; it is the default of .NET's client.
	attemptTimeout = 100 * time.Second
	// trustedFor is how long a webhook may go without a success before its next
	// failure switches it off.
	trustedFor = 3 * 24 * time.Hour
	// contentLimit is the column of lastFailureContent.
	contentLimit = 200
)

// outcome is how an attempt ended.
type outcome struct {
	sent    http.Header // as the log keeps it
	body    []byte      // what was sent
	status  int         // of the answer; 0 if there was none, 500 after a time-out
	failure string      // empty: delivered
	timeout bool
	headers http.Header // of the answer
	text    string      // of the answer
}

// deliver sends one queued delivery, with its retries. The whole of it goes by
// the webhook as it was stored when it began.
func (p *Portal) deliver(ctx context.Context, r *logRow) {
	hook, blocked, ok := p.begin(r)
	if !ok {
		return
	}
	to, err := p.judgeURL(ctx, hook.uri, hook.ssl, blocked)
	switch {
	case ctx.Err() != nil: // the portal closes
	case err != nil && p.gen.urlValidator:
		p.conclude(r, func(w *webhook) { p.giveUp(w, err) })
	case err != nil:
		p.conclude(r, func(w *webhook) { p.finish(r, w, outcome{failure: err.Error()}) })
	default:
		last := p.attempts(ctx, r, &hook, to)
		if ctx.Err() == nil {
			p.conclude(r, func(w *webhook) { p.finish(r, w, last) })
		}
	}
}

// begin returns the webhook of a delivery and what its URL must not be. ok is
// false if one of the two is gone.
func (p *Portal) begin(r *logRow) (hook webhook, blocked blockList, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	w := p.filed(r)
	if w == nil {
		return webhook{}, nil, false
	}
	if !p.gen.urlValidator {
		return *w, nil, true
	}
	return *w, p.st.blocked, true
}

// conclude notes that a delivery is over and files how, unless it or its webhook
// is gone.
func (p *Portal) conclude(r *logRow, file func(*webhook)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r.over = true
	if w := p.filed(r); w != nil {
		file(w)
	}
}

// giveUp is what happens to a webhook whose URL does not hold when it is to be
// used: it goes if the address is forbidden, else it is switched off. The log
// row stays as it is.
func (p *Portal) giveUp(w *webhook, reason error) {
	p.cfg.logger.Warn("webhook not used", slog.Int("webhook", int(w.id)), slog.String("reason", reason.Error()))
	if errors.Is(reason, errBlocked) {
		p.tryRemove(w)
		return
	}
	w.enabled = false
	p.touchedBySender(w)
}

// tryRemove removes a webhook unless the database keeps it for its rows. It
// reports whether it did.
func (p *Portal) tryRemove(w *webhook) bool {
	if p.db.keepsRows && p.st.rowsOf(w.id) {
		return false
	}
	p.st.removeWebhook(w)
	return true
}

// touchedBySender notes a change by the sender, which acts as nobody.
func (p *Portal) touchedBySender(w *webhook) {
	w.modifiedOn = p.stored(p.clock.Now())
	if w.modifiedBy == "" {
		w.modifiedBy = systemGuest
	}
	p.written(w)
}

// attempts sends a delivery until it succeeds or the schedule is through.
func (p *Portal) attempts(ctx context.Context, r *logRow, hook *webhook, to target) outcome {
	a := attempt{row: r.id}
	if !hook.lastSuccessOn.IsZero() {
		a.succeededOn = storedDate(hook.lastSuccessOn, p.db)
	}
	pauses := p.gen.schedule
	if p.cfg.ownSchedule {
		pauses = p.cfg.schedule
	}
	for {
		a.now = p.clock.Now()
		o := p.try(ctx, r, hook, to, a)
		if o.failure == "" || a.retry == len(pauses) || o.timeout && !p.gen.retryAfterTimeout || !p.wait(ctx, pauses[a.retry], nil) {
			return o
		}
		a.failedOn, a.failure = a.now, o.failure
		a.retry++
	}
}

// try makes one attempt.
func (p *Portal) try(ctx context.Context, r *logRow, hook *webhook, to target, a attempt) outcome {
	body, ok := resend(r.requestPayload, a)
	if !ok { // filed by an older server, or by a seed: the text itself is the payload
		old := delivery{created: r.created, by: zeroGUID, trigger: r.trigger, payload: r.requestPayload, hook: hook.id, name: hook.name, url: hook.uri, triggers: hook.triggers}
		body = old.body(a)
	}
	o := outcome{body: body, sent: http.Header{"Accept": {"*/*"}, signatureKey: {receiver.Sign(body, string(hook.secret))}}}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	answer, to, err := p.post(ctx, to, hook.ssl, o)
	if err != nil {
		f := explain(err, to, attemptTimeout)
		o.failure, o.timeout = f.text, f.timeout
		if f.timeout {
			o.status = http.StatusInternalServerError
		}
	} else {
		o.status, o.headers = answer.status, answer.header
		o.text = decodeText(answer.body, answer.header.Get("Content-Type"))
		if o.status < 200 || o.status > 299 {
			o.failure = "Response status code does not indicate success: " + statusText(o.status) + "."
		}
	}
	p.cfg.logger.Info("delivery", slog.Int("row", int(r.id)), slog.Int("webhook", int(hook.id)), slog.Int("attempt", a.retry+1), slog.Int("status", o.status))
	return o
}

// post sends the request and follows redirects where the generation does: a
// 301, 302 or 303 becomes a GET without body, a 307 or 308 repeats the POST.
func (p *Portal) post(ctx context.Context, to target, verify bool, o outcome) (reply, target, error) {
	method, body := http.MethodPost, o.body
	jar := p.jar(verify)
	for range maxRedirects {
		req, err := http.NewRequestWithContext(ctx, method, to.url.String(), bytes.NewReader(body))
		if err != nil {
			return reply{}, to, err
		}
		req.Header = o.sent.Clone()
		req.Header["User-Agent"] = []string{""} // .NET sends none
		if body != nil {
			req.Header.Set("Content-Type", "application/json; charset=utf-8")
		} else {
			req.Body, req.GetBody, req.ContentLength = nil, nil, 0
		}
		for _, c := range jar.Cookies(to.url) {
			req.AddCookie(c)
		}
		answer, err := p.send(req, to, verify)
		if err != nil {
			return reply{}, to, err
		}
		jar.SetCookies(to.url, answer.cookies)
		next, redirected := redirectTarget(answer, to)
		if !p.gen.followRedirects || !redirected {
			return answer, to, nil
		}
		if answer.status != http.StatusTemporaryRedirect && answer.status != http.StatusPermanentRedirect {
			method, body = http.MethodGet, nil
		}
		to = next
	}
	return reply{}, to, http.ErrUseLastResponse
}

// filed returns the webhook of a row that is still in the log.
func (p *Portal) filed(r *logRow) *webhook {
	if p.st.row(r.id) != r {
		return nil
	}
	return p.st.webhook(r.hook)
}

// finish files the last attempt of a delivery.
func (p *Portal) finish(r *logRow, w *webhook, o outcome) {
	switch limit := p.db.textLimit; {
	case o.status == http.StatusGone:
		p.tryRemove(w)
		return
	case o.failure == "" && limit > 0 && len(o.text) > limit:
		return // the column takes no more, so the whole update is lost
	case o.failure == "":
		p.succeeded(r, w, o)
	default:
		p.failed(r, w, o)
	}
	r.tried, r.status = true, o.status
	if o.body != nil {
		r.requestHeaders = requestHeaders(o.sent)
		r.requestPayload = string(o.body)
	}
	p.touchedBySender(w)
}

func (p *Portal) succeeded(r *logRow, w *webhook, o outcome) {
	r.responseHeaders, r.answered = answerHeaders(o.headers), true
	r.responsePayload = o.text
	r.delivery = p.stored(p.clock.Now())
	w.lastSuccessOn = r.delivery
}

// failed notes a failure, which switches the webhook off if its last success is
// long ago. Time-outs do not count.
func (p *Portal) failed(r *logRow, w *webhook, o outcome) {
	now := p.clock.Now()
	r.responsePayload = o.failure
	w.lastFailureOn = p.stored(now)
	w.lastFailureContent = cut(o.failure, contentLimit)
	trusted := w.lastSuccessOn
	if trusted.IsZero() {
		trusted = w.createdOn
	}
	if !o.timeout && now.Sub(trusted) > trustedFor {
		w.enabled = false
	}
}
