package portal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
)

// Portal is a DocSpace portal, as far as webhooks go. It is an [http.Handler];
// its state is in memory and gone with it. All methods may be called at once.
type Portal struct {
	cfg   config
	gen   traits
	db    dbTraits
	clock Clock

	strictTLS, laxTLS *http.Transport

	mu       sync.Mutex
	st       state
	planted  Seed
	jars     cookieJars
	limits   Limits
	limiter  limiter
	faults   []*armed
	requests []Request
	busy     int // see rest
	settled  *sync.Cond

	nudge   chan struct{}
	closing <-chan struct{}
	stop    context.CancelFunc
	running sync.WaitGroup
	closed  sync.Once
}

var _ http.Handler = (*Portal)(nil)

// New returns a portal with its worker running. [Portal.Close] stops it.
func New(opts ...Option) (*Portal, error) {
	cfg := defaults()
	for _, o := range opts {
		if err := o(&cfg); err != nil {
			return nil, fmt.Errorf("portal: %w", err)
		}
	}
	switch {
	case cfg.clock != nil:
	case cfg.control:
		cfg.clock = NewAdjustableClock()
	default:
		cfg.clock = shiftedClock{}
	}
	p := &Portal{
		cfg: cfg, gen: generations[cfg.generation], db: databases[cfg.database], clock: cfg.clock,
		strictTLS: newTransport(false), laxTLS: newTransport(true),
		nudge: make(chan struct{}, 1),
		busy:  1, // the worker, until it rests
	}
	p.settled = sync.NewCond(&p.mu)
	if err := p.seed(cfg.seed); err != nil {
		return nil, fmt.Errorf("portal: %w", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	p.stop, p.closing = cancel, ctx.Done()
	p.running.Add(1)
	go p.work(ctx)
	return p, nil
}

// Close stops the worker and waits for it. Deliveries that are under way are
// cut off and stay undelivered, as when a server stops. It always returns nil.
func (p *Portal) Close() error {
	p.closed.Do(func() {
		p.stop()
		p.running.Wait()
		p.strictTLS.CloseIdleConnections()
		p.laxTLS.CloseIdleConnections()
	})
	return nil
}

// ServeHTTP answers a request to the API.
func (p *Portal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if p.cfg.control && strings.HasPrefix(r.URL.Path, p.cfg.basePath+controlPrefix) {
		p.serveControl(w, r)
		return
	}
	start := p.clock.Now()
	answer := &statusWriter{ResponseWriter: w}
	c := &call{p: p, w: answer, r: r, path: r.URL.Path}
	defer func() {
		p.note(c, answer.status, start)
		p.cfg.logger.Debug("request", slog.String("method", r.Method), slog.String("path", r.URL.Path), slog.Int("status", answer.status))
	}()
	c.serve() //nolint:contextcheck // the call carries the request, and so its context
}

// serve is the server's pipeline: routing, who calls, what they may, the state
// of the portal, then the operation.
func (c *call) serve() {
	if c.crossOrigin() || !c.findRoute() {
		return
	}
	if f := c.p.takeFault(c.route.operation); f != nil {
		f.apply(c, c.operate)
		return
	}
	c.operate()
}

// findRoute finds the operation. Without one it answers and reports false.
func (c *call) findRoute() bool {
	u := *c.r.URL
	if base := c.p.cfg.basePath; base != "" {
		rest, ok := strings.CutPrefix(u.EscapedPath(), base)
		if !ok || rest != "" && rest[0] != '/' {
			c.writeEmpty(http.StatusNotFound)
			return false
		}
		u.RawPath, u.Path = rest, strings.TrimPrefix(u.Path, base)
		c.path = u.Path
	}
	var allow []string
	c.route, c.param, allow = match(c.r.Method, &u)
	switch {
	case c.route != nil:
		return true
	case allow == nil:
		c.writeEmpty(http.StatusNotFound)
	default:
		c.w.Header().Set("Allow", strings.Join(allow, ", "))
		c.writeEmpty(http.StatusMethodNotAllowed)
	}
	return false
}

// operate answers a call to a known operation.
func (c *call) operate() {
	known, err := c.authenticate()
	switch {
	case err != nil:
		c.fail(err)
		return
	case !known && !c.route.open:
		c.writeEmpty(http.StatusUnauthorized)
		return
	case !c.route.open && !c.allowed():
		c.writeEmpty(http.StatusForbidden)
		return
	}
	leave, ok := c.limit()
	if !ok {
		return
	}
	defer leave()
	if c.refusedByState() || !c.readBody() {
		return
	}
	answer, err := c.route.serve(c)
	_, invalid := errors.AsType[problemsError](err)
	c.acted = !invalid && !errors.Is(err, errMediaType)
	if err != nil {
		c.fail(err)
		return
	}
	c.writeSuccess(answer)
}

// readBody reads the request's body. It reports false if that failed or it is
// too long.
func (c *call) readBody() bool {
	body, err := io.ReadAll(http.MaxBytesReader(c.w, c.r.Body, bodyLimit))
	if err != nil {
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			c.writeEmpty(http.StatusRequestEntityTooLarge)
		} else {
			c.writeEmpty(http.StatusBadRequest)
		}
		return false
	}
	c.body = body
	return true
}
