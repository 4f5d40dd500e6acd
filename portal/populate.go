package portal

import (
	"cmp"
	"fmt"
	"slices"
	"time"
)

// seed starts over: the state is what s says, and all else what the portal was
// made with.
func (p *Portal) seed(s Seed) error {
	if err := s.check(); err != nil {
		return err
	}
	if p.cfg.portalZone != "" {
		s.TimeZone = p.cfg.portalZone
	}
	if p.cfg.blockList != nil {
		s.BlockList = p.cfg.blockList
	}
	if s.BlockList == nil {
		s.BlockList = DevelopmentBlockList
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return err
	}
	blocked, err := parseBlockList(s.BlockList)
	if err != nil {
		return err
	}
	now := p.stored(p.clock.Now())
	st := state{users: map[string]*account{}, sessions: map[string]string{}, signedIn: map[string]string{}, zone: zone, policy: s.Policy, blocked: blocked}
	for _, u := range s.Users {
		st.users[u.ID] = &account{User: u}
		st.order = append(st.order, u.ID)
		if u.Token != "" {
			st.sessions[u.Token] = u.ID
		}
	}
	for _, k := range s.Keys {
		st.keys = append(st.keys, &storedKey{APIKey: k, id: newGUID(), created: now})
	}
	if err := st.plant(s, now); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.st, p.planted = st, s
	p.limits, p.limiter = p.cfg.limits, limiter{}
	p.faults, p.requests, p.jars = nil, nil, cookieJars{}
	return nil
}

// Reset starts over with a seed. Options that stand for a part of a seed keep
// standing for it, and those for limits hold again; faults, the state of the
// tenant, counted and noted requests, sessions and cookies are forgotten, and
// what is under way is delivered without being filed. The clock stays where it
// is: a clock does not go back.
func (p *Portal) Reset(s Seed) error {
	if err := p.seed(s); err != nil {
		return fmt.Errorf("portal: %w", err)
	}
	return nil
}

// plant adds the webhooks and log rows of a seed.
func (st *state) plant(s Seed, now time.Time) error {
	for _, h := range s.Webhooks {
		id := cmp.Or(int32(h.ID), st.lastHook+1)
		if st.webhook(id) != nil {
			return fmt.Errorf("seed: two webhooks have the id %d", id)
		}
		h.CreatedBy, h.CreatedOn = cmp.Or(h.CreatedBy, st.owner()), orNow(h.CreatedOn, now)
		w := &webhook{id: id}
		w.load(h)
		st.webhooks = append(st.webhooks, w)
		st.lastHook = max(st.lastHook, id)
	}
	for _, r := range s.Log {
		id := cmp.Or(int32(r.ID), st.lastRow+1)
		if st.row(id) != nil {
			return fmt.Errorf("seed: two log rows have the id %d", id)
		}
		if st.webhook(int32(r.Webhook)) == nil {
			return fmt.Errorf("seed: log row %d belongs to no webhook: %d", id, r.Webhook)
		}
		st.rows = append(st.rows, &logRow{
			id: id, hook: int32(r.Webhook), trigger: r.Trigger, created: orNow(r.CreatedOn, now), delivery: r.Delivery.UTC(), status: r.Status,
			requestHeaders: string(r.RequestHeaders), requestPayload: r.RequestPayload,
			responseHeaders: r.ResponseHeaders, responsePayload: r.ResponsePayload,
			answered: r.ResponseHeaders != "", tried: r.ResponsePayload != "" || r.Status != 0, over: true,
		})
		slices.SortFunc(st.rows, func(a, b *logRow) int { return cmp.Compare(a.id, b.id) })
		st.lastRow = max(st.lastRow, id)
	}
	return nil
}

func orNow(t, now time.Time) time.Time {
	if t.IsZero() {
		return now
	}
	return t.UTC()
}

// Seed returns what the portal was started with, or last reset to. It holds
// credentials.
func (p *Portal) Seed() Seed {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.planted
}
