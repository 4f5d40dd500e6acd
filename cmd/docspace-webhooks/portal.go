package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/docspace-go/webhooks/portal"
)

// portalFlags are the flags of the command portal.
type portalFlags struct {
	addr, basePath           string
	seed                     string
	generation, database     string
	timeZone, serverTimeZone string
	poll                     time.Duration
	retries                  []time.Duration
	serverBlockList          bool
	limits, control          bool
	logRows                  int
}

func newPortalCommand() *cobra.Command {
	var f portalFlags
	cmd := &cobra.Command{
		Use:   "portal",
		Short: "Serve the embedded portal, for clients in any language",
		Long: `Serve the embedded portal until interrupted. It is in memory and starts empty, or with
what a seed file says. It probes, signs and sends real deliveries; receivers may be on this
computer. With --control, GET /_/control/ tells how to make events, faults and limits happen.`,
		Example: `  docspace-webhooks portal --addr 127.0.0.1:8092 --control
  curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8092/api/2.0/settings/webhook
  curl -d '{"trigger":"file.created"}' http://127.0.0.1:8092/_/control/emit`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			seed, opts, err := f.options(cmd.Flags().Changed("retries"))
			if err != nil {
				return err
			}
			return servePortal(cmd.Context(), cmd.OutOrStdout(), f.addr, seed, opts)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&f.addr, "addr", "127.0.0.1:8092", "address to listen on; port 0 takes a free one")
	flags.StringVar(&f.basePath, "base-path", "", "path to serve below, as behind a proxy")
	flags.StringVar(&f.seed, "seed", "", "`file` with users, keys, webhooks, log rows, policy (JSON; GET /_/control/seed shows the form)")
	flags.StringVar(&f.generation, "generation", "3.7", "server to behave like: 3.1, 3.2, 3.6 or 3.7")
	flags.StringVar(&f.database, "database", "mysql", "database to behave like: mysql or postgresql")
	flags.StringVar(&f.timeZone, "time-zone", "", "the portal's time zone, an IANA name (default the seed's, else UTC)")
	flags.StringVar(&f.serverTimeZone, "server-time-zone", "UTC", "the server process's time zone, an IANA name")
	flags.DurationVar(&f.poll, "poll", 5*time.Second, "how often the sender looks for deliveries")
	flags.DurationSliceVar(&f.retries, "retries", nil, "pauses before further attempts, such as 1s,2s; empty for none (default the generation's)")
	flags.BoolVar(&f.serverBlockList, "server-block-list", false, "refuse private and loopback receivers, as the real server does")
	flags.BoolVar(&f.limits, "limits", false, "limit rates as the vendor's configuration would, if it were switched on")
	flags.IntVar(&f.logRows, "log-rows", 10_000, "rows of the delivery log to keep")
	flags.BoolVar(&f.control, "control", false, "serve the control endpoints below /_/control/, to this computer only")
	return cmd
}

// options turns the flags into the portal's options and the seed among them.
func (f portalFlags) options(retries bool) (portal.Seed, []portal.Option, error) {
	seed := portal.DefaultSeed()
	if f.seed != "" {
		file, err := os.Open(f.seed)
		if err != nil {
			return seed, nil, err
		}
		defer file.Close()
		if seed, err = portal.ReadSeed(file); err != nil {
			return seed, nil, fmt.Errorf("%s: %w", f.seed, err)
		}
	}
	generation, err := portal.ParseGeneration(f.generation)
	if err != nil {
		return seed, nil, fmt.Errorf("--generation: %w", err)
	}
	database, err := parseDatabase(f.database)
	if err != nil {
		return seed, nil, err
	}
	opts := []portal.Option{
		portal.WithSeed(seed), portal.WithGeneration(generation), portal.WithDatabase(database), portal.WithBasePath(f.basePath),
		portal.WithServerTimeZone(f.serverTimeZone), portal.WithPollInterval(f.poll),
		portal.WithLogLimit(f.logRows),
	}
	if f.timeZone != "" {
		opts = append(opts, portal.WithTimeZone(f.timeZone))
	}
	if retries {
		opts = append(opts, portal.WithRetrySchedule(f.retries...))
	}
	if f.serverBlockList {
		opts = append(opts, portal.WithBlockList(portal.ServerBlockList...))
	}
	if f.limits {
		opts = append(opts, portal.WithLimits(portal.ServerLimits))
	}
	if f.control {
		opts = append(opts, portal.WithControl())
	}
	return seed, opts, nil
}

func parseDatabase(name string) (portal.Database, error) {
	for _, d := range []portal.Database{portal.MySQL, portal.PostgreSQL} {
		if strings.EqualFold(name, d.String()) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("--database: %q is neither mysql nor postgresql", name)
}

// servePortal serves a portal on addr until ctx ends.
func servePortal(ctx context.Context, out io.Writer, addr string, seed portal.Seed, opts []portal.Option) error {
	server, err := portal.Listen(addr, opts...)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "portal  %s\n\n", server.URL)
	printSeed(out, seed)
	failed := make(chan error, 1)
	go func() { failed <- server.Wait() }()
	select {
	case <-ctx.Done():
		return server.Close()
	case err := <-failed:
		return errors.Join(err, server.Close())
	}
}

// printSeed prints who there is. These credentials open nothing but this portal.
func printSeed(out io.Writer, seed portal.Seed) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "role\te-mail\tpassword\tsession token\tAPI key")
	for _, u := range seed.Users {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", u.Role, u.Email, u.Password, u.Token, seed.Key(u.Role))
	}
}
