package main

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/docspace-go/webhooks/openapi/validate"
)

// errInvalid ends the command with status 1; what is wrong was printed already.
var errInvalid = errors.New("not all of it is valid")

func newValidateCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "validate PATH...",
		Short: "Hold captures against the contract",
		Long: `Hold captures against the contract, strictly.

PATH is a capture document (one exchange, delivery or probe as JSON), a JSON-lines file of
them, or a folder, which is walked to any depth. A line is printed for each that is not valid,
with its file, place and rule, and for each group that was not judged and why; last comes
"validated N: V valid, X not". The exit status is 1 if X is not 0.`,
		Example: "  docspace-webhooks validate openapi/fixtures",
		Args:    cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, paths []string) error {
			summary, err := validate.Paths(cmd.OutOrStdout(), paths)
			if err == nil && summary.Invalid > 0 {
				err = errInvalid
			}
			return err
		},
	}
}
