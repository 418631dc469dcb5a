package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/seed-128c3863/sluice/spec"
)

// usageError is a call that cannot be understood. Nothing was read.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }

// Unwrap returns the cause.
func (e *usageError) Unwrap() error { return e.err }

// hinted is an error with what to try.
type hinted struct {
	error
	hint string // "": nothing comes to mind
}

// exitStatuses are what the help of a command says its exit status means.
func exitStatuses(cmd *cobra.Command) string {
	text := `
Exit status:
  0    done
  1    error: a store, the disk, the lock; run it again, it goes on from there
  2    usage or job file: nothing was read
`
	switch cmd.Name() {
	case "plan":
		text += `  3    files or rows are rejected as things stand
  4    there are changes (only with --exit-code; 3 goes before 4)
`
	case "apply", "demo":
		text += "  3    finished, but files or rows are rejected\n"
	case "preview":
		text += "  3    records would be rejected, or a file cannot be read\n"
	case "profile":
		return `
Exit status:
  0    done
  1    error: a store, the disk, the database
  2    usage or job file: nothing was read
  3    a file could not be read to its end
  130  interrupted: what was read so far is told
`
	case "export":
		text = strings.Replace(text, "a store, the disk, the lock; run it again, it goes on from there", "the database, a store, a value that the file cannot say; no file was written", 1)
		return text + "  130  interrupted: no file was written\n"
	}
	return text + "  130  interrupted: what was finished is in the ledger\n"
}

// complete gives the root command what it says of itself: help, completion,
// and what to do about a call that cannot be understood.
func (a *app) complete(root *cobra.Command) {
	for _, cmd := range root.Commands() {
		if cmd.RunE != nil {
			cmd.Long += "\n" + exitStatuses(cmd)
		}
	}
	root.Args = unknownCommand
	root.SetFlagErrorFunc(flagError)
	root.SetHelpCommand(&cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Explain a command",
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(root, args)
			}
			return cmd.Help()
		},
	})
	root.InitDefaultCompletionCmd("completion")
	for _, cmd := range root.Commands() {
		if cmd.Name() == "completion" {
			cmd.Args = cobra.ArbitraryArgs
			cmd.Example = "  source <(sluice completion bash)\n  sluice completion fish > ~/.config/fish/completions/sluice.fish"
			cmd.RunE = shells
		}
	}
}

// unknownCommand is for a word where a command is expected.
func unknownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := cmp.Or(near(args[0], names(root)), "`sluice help` lists the commands")
	return &usageError{&hinted{fmt.Errorf("there is no command %q", args[0]), hint}}
}

// shells answers completion without a shell, or with one that it does not know.
func shells(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmd.Help()
	}
	known := names(cmd)
	hint := cmp.Or(near(args[0], known), "there is one for "+strings.Join(known, ", "))
	return &usageError{&hinted{fmt.Errorf("there is no completion for %q", args[0]), hint}}
}

// names are those of a command's commands.
func names(cmd *cobra.Command) []string {
	var names []string
	for _, c := range cmd.Commands() {
		if !c.Hidden {
			names = append(names, c.Name())
		}
	}
	return names
}

// flagError is for a flag that a command does not have, or cannot take.
func flagError(cmd *cobra.Command, err error) error {
	hint := fmt.Sprintf("`%s --help` lists the flags", cmd.CommandPath())
	var unknown *pflag.NotExistError
	if errors.As(err, &unknown) && len(unknown.GetSpecifiedName()) > 1 {
		var flags []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) { flags = append(flags, "--"+f.Name) })
		hint = cmp.Or(near("--"+unknown.GetSpecifiedName(), flags), hint)
	}
	return &usageError{&hinted{err, hint}}
}

// near is a hint for a word that is mistyped or begins a known one, "" if none
// is near.
func near(word string, known []string) string {
	i := slices.IndexFunc(known, func(k string) bool { return len(word) > 1 && strings.HasPrefix(k, word) })
	if i >= 0 {
		return spec.Suggest(known[i], known)
	}
	return spec.Suggest(word, known)
}

// one makes a command take just one argument, and say which if it has not.
func one(what string) cobra.PositionalArgs { return exactly(what) }

// exactly makes a command take just these arguments.
func exactly(what ...string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		var err error
		switch {
		case len(args) < len(what):
			err = fmt.Errorf("%s is missing", what[len(args)])
		case len(args) > len(what):
			err = fmt.Errorf("%q is one argument too many", args[len(what)])
		default:
			return nil
		}
		return &usageError{&hinted{err, fmt.Sprintf("write `%s`; `%s --help` explains it", cmd.UseLine(), cmd.CommandPath())}}
	}
}
