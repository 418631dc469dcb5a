package table

import (
	"context"
	"errors"
	"fmt"
)

// What sluice does not do on MySQL yet is refused here, in words.

// notYet is the error of such a thing.
func notYet(what string) error {
	return fmt.Errorf("on MySQL and MariaDB sluice does not %s yet; nothing was changed", what)
}

// ready leaves it to the first statement to find out what the user may not do.
func (m *mysql) ready(context.Context) error { return nil }

func (m *mysql) setup(context.Context, *target, string) ([]string, error) {
	return nil, notYet("make its tables by setup: the first apply makes them, for which the user needs CREATE and DROP on the database,")
}

func (m *mysql) execute(context.Context, []string) error { return errors.ErrUnsupported }
