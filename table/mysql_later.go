package table

import (
	"context"
	"errors"
	"fmt"

	"github.com/seed-128c3863/sluice/plan"
)

// What sluice does not do on MySQL yet is refused here, in words.

// notYet is the error of such a thing.
func notYet(what string) error {
	return fmt.Errorf("on MySQL and MariaDB sluice does not %s yet; nothing was changed", what)
}

func (s *mysqlImport) keep(context.Context, *keptPlan) (string, error) {
	return "", notYet("save plans (plan --out), or write in batches (transaction: batch)")
}

func (s *mysqlImport) batch(context.Context, plan.Run, int64, int64) error {
	return notYet("write in batches (transaction: batch)")
}

func (m *mysql) keptText(context.Context, string, string) ([]byte, error) { return nil, errGone }

func (m *mysql) kept(context.Context, *target, plan.Saved, int64) (comparison, *keptPlan, error) {
	return nil, nil, errGone
}

func (m *mysql) end(context.Context, plan.Run) error {
	return notYet("write in batches (transaction: batch)")
}

// ready leaves it to the first statement to find out what the user may not do.
func (m *mysql) ready(context.Context) error { return nil }

func (m *mysql) setup(context.Context, *target, string) ([]string, error) {
	return nil, notYet("make its tables by setup: the first apply makes them, for which the user needs CREATE and DROP on the database,")
}

func (m *mysql) execute(context.Context, []string) error { return errors.ErrUnsupported }
