// Command docspace-webhooks is the SDK's command: a demo of the nine
// operations, the embedded portal for any language, and the contract's
// validator.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := newCommand().ExecuteContext(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "docspace-webhooks:", err)
		os.Exit(1)
	}
}

func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:           "docspace-webhooks",
		Short:         "Webhooks of ONLYOFFICE DocSpace: a demo, a portal to develop against, a validator",
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.AddCommand(newDemoCommand(), newPortalCommand(), newValidateCommand())
	return root
}
