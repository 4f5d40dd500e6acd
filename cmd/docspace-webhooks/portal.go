package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/docspace-go/webhooks/portal"
)

func newPortalCommand() *cobra.Command {
	var addr string
	cmd := &cobra.Command{
		Use:   "portal",
		Short: "Serve the embedded portal, for clients in any language",
		Long: `Serve the embedded portal until interrupted. It is in memory and starts empty.
It signs and sends real deliveries; receivers may be on this computer.`,
		Example: `  docspace-webhooks portal --addr 127.0.0.1:8092
  curl -H "Authorization: Bearer $KEY" http://127.0.0.1:8092/api/2.0/settings/webhook`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return servePortal(cmd.Context(), cmd.OutOrStdout(), addr)
		},
	}
	cmd.Flags().StringVar(&addr, "addr", "127.0.0.1:8092", "address to listen on; port 0 takes a free one")
	return cmd
}

// servePortal serves a portal on addr until ctx ends.
func servePortal(ctx context.Context, out io.Writer, addr string) error {
	seed := portal.DefaultSeed()
	server, err := portal.Listen(addr, portal.WithSeed(seed))
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
