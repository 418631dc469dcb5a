package table

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-128c3863/sluice/plan"
)

// A saved plan is a row of the state table plans, which has all but its rows,
// and tables of the same form as those that an apply works with:
//
//	p<n>          sluice_plan, and before it place, the order in which the rows are written, from 1
//	p<n>_rows     sluice_incoming, as far as the plan has its rows
//	p<n>_made     sluice_made
//	p<n>_looks    sluice_look
//
// To make and to drop a table commits. So the plan's row has no text (kept) before
// all of its rows are there, nor once it is applied. Who keeps a plan has a lock of
// its ID meanwhile: without a text, and a lock that somebody has, what is there is
// left over, and is dropped by the next who keeps or applies a plan.

// mysqlOwn is what else an apply needs.
type mysqlOwn struct {
	Below map[int]int64 // by the first column of the job that looks up: see mysqlLooker
}

// keepLock is the lock of who keeps a plan, by its ID.
const keepLock = "concat('sluice plan ', %s)"

// keep keeps the plan in tables beside those of the runs.
func (s *mysqlImport) keep(ctx context.Context, k *keptPlan) (sum string, err error) {
	if err := s.ready(ctx); err != nil {
		return "", err
	}
	watch := s.watch(ctx)
	sum, err = s.putPlan(ctx, k)
	return sum, s.tell(err, watch())
}

// putPlan is keep, while somebody looks who is waited for.
func (s *mysqlImport) putPlan(ctx context.Context, k *keptPlan) (sum string, err error) {
	if err := s.prepare(ctx); err != nil {
		return "", err
	}
	own := mysqlOwn{map[int]int64{}}
	for _, g := range s.t.creates() {
		own.Below[g[0].at] = s.looks[g[0]].below
	}
	if k.Own, err = json.Marshal(own); err != nil {
		return "", err
	}
	text, err := k.marshal()
	if err != nil {
		return "", err
	}
	lock := fmt.Sprintf(keepLock, quoteText(k.saved.ID))
	if err := s.all(ctx, "DO get_lock("+lock+", 0)"); err != nil {
		return "", err
	}
	r, err := s.conn.ExecContext(ctx, "INSERT INTO "+s.state("plans")+" (id, job, until) VALUES (?, ?, ?)", k.saved.ID, s.t.job.Name, k.saved.Until.UTC())
	if err == nil {
		s.saved, err = r.LastInsertId()
	}
	if err == nil {
		err = s.putRows(ctx, text)
	}
	if err == nil {
		sum, err = s.keptSum(ctx, text)
	}
	err = s.stop(ctx, err)
	done := context.WithoutCancel(ctx)
	_, _ = s.conn.ExecContext(done, "DO release_lock("+lock+")") // or it goes with the session
	if failed := s.expire(done); err == nil {
		err = failed
	}
	return sum, err
}

// putRows keeps the rows of the plan, and with the last of them its text.
func (s *mysqlImport) putRows(ctx context.Context, text []byte) error {
	into := s.keptTables(s.saved)
	if err := s.all(ctx,
		"CREATE TABLE "+into["sluice_plan"]+" (place bigint NOT NULL PRIMARY KEY, "+s.t.planned()+") ENGINE=InnoDB",
		"CREATE TABLE "+into["sluice_incoming"]+" LIKE sluice_incoming",
		"CREATE TABLE "+into["sluice_made"]+" LIKE sluice_made",
		"CREATE TABLE "+into["sluice_look"]+" LIKE sluice_look"); err != nil {
		return err
	}
	order := "op = 'n', op = 'd', "
	if id := s.t.identity(); len(id) > 0 {
		order += names(id, ", ", "i%i") + ", "
	}
	return s.transaction(ctx, func() error {
		if err := s.all(ctx,
			"INSERT INTO "+into["sluice_plan"]+" SELECT row_number() OVER (ORDER BY "+order+"sluice_row), k.* FROM sluice_plan k",
			"INSERT INTO "+into["sluice_incoming"]+" SELECT s.* FROM sluice_incoming s JOIN sluice_plan p ON p.sluice_row = s.sluice_row",
			"INSERT INTO "+into["sluice_made"]+" SELECT * FROM sluice_made",
			"INSERT INTO "+into["sluice_look"]+" SELECT * FROM sluice_look"); err != nil {
			return err
		}
		_, err := s.exec(ctx, "UPDATE "+s.state("plans")+" SET kept = ? WHERE n = ?", string(text), s.saved)
		return err
	})
}

// keptTables are the tables of plan n, by those that an apply works with.
func (m *mysql) keptTables(n int64) map[string]string {
	tables := map[string]string{}
	for _, part := range keptParts {
		tables[part.temp] = m.state(fmt.Sprintf("p%d%s", n, part.behind))
	}
	return tables
}

// keptSum is the checksum of what is kept, in whatever order.
func (s *mysqlImport) keptSum(ctx context.Context, kept []byte) (string, error) {
	all, tables := sha256.New(), s.keptTables(s.saved)
	all.Write(kept)
	for _, part := range keptParts {
		var columns []string
		err := s.texts(ctx, "SHOW COLUMNS FROM "+tables[part.temp], func(v []*string) error {
			columns = append(columns, "quote(cast("+quoteName(*v[0])+" AS BINARY))")
			return nil
		})
		if err == nil {
			err = s.texts(ctx, "SELECT count(*), coalesce(sum(cast(conv(left(md5(concat_ws(',', "+strings.Join(columns, ", ")+")), 16), 16, 10) AS UNSIGNED)), 0) FROM "+tables[part.temp], func(v []*string) error {
				fmt.Fprintf(all, "\n%s %s", *v[0], *v[1])
				return nil
			})
		}
		if err != nil {
			return "", err
		}
	}
	return hex.EncodeToString(all.Sum(nil)), nil
}

// plans are the IDs of the plans of a job that are kept.
func (m *mysql) plans(ctx context.Context, job string) ([]string, error) {
	ids, err := idsOf(ctx, m.conn, "SELECT id FROM "+m.state("plans")+" WHERE job = ? AND kept IS NOT NULL", job)
	if mysqlCode(err) == noSuchTable {
		err = nil
	}
	return ids, err
}

// idsOf returns the texts that a query of one argument selects.
func idsOf(ctx context.Context, conn *sql.Conn, query, of string) (ids []string, err error) {
	rows, err := conn.QueryContext(ctx, query, of)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		ids = append(ids, id)
	}
	return ids, rows.Err()
}

// keptText returns all of a plan but its rows.
func (m *mysql) keptText(ctx context.Context, job, id string) ([]byte, error) {
	_, text, err := m.keptPlan(ctx, job, id)
	return text, err
}

// keptPlan is keptText, with the plan's number.
func (m *mysql) keptPlan(ctx context.Context, job, id string) (n int64, text []byte, err error) {
	err = m.conn.QueryRowContext(ctx, "SELECT n, kept FROM "+m.state("plans")+" WHERE id = ? AND job = ? AND kept IS NOT NULL", id, job).Scan(&n, &text)
	if errors.Is(err, sql.ErrNoRows) || mysqlCode(err) == noSuchTable {
		err = errGone
	}
	return n, text, err
}

// kept makes the temporary tables of a plan again.
func (m *mysql) kept(ctx context.Context, t *target, of plan.Saved, done int64) (c comparison, k *keptPlan, err error) {
	s := &mysqlImport{mysql: m, t: t, looks: map[*binding]*mysqlLooker{}, given: done > 0}
	var text []byte
	if s.saved, text, err = m.keptPlan(ctx, t.job.Name, of.ID); err != nil {
		return nil, nil, err
	}
	if k, err = s.getPlan(ctx, of, done, text); err == nil {
		return s, k, nil
	}
	if s.drop(ctx); mysqlCode(err) == noSuchTable {
		err = errGone // since its row was read
	}
	return nil, nil, err
}

func (s *mysqlImport) getPlan(ctx context.Context, of plan.Saved, done int64, text []byte) (*keptPlan, error) {
	s.drop(ctx)
	tables := s.keptTables(s.saved)
	for _, part := range keptParts {
		fill := "INSERT INTO " + part.temp + " SELECT * FROM " + tables[part.temp]
		if part.temp == "sluice_plan" {
			fill += fmt.Sprintf(" WHERE place > %d", done)
		}
		if err := s.all(ctx, "CREATE TEMPORARY TABLE "+part.temp+" LIKE "+tables[part.temp], fill); err != nil {
			return nil, err
		}
	}
	if of.Sum != "" {
		sum, err := s.keptSum(ctx, text)
		if err == nil && sum != of.Sum {
			err = errOther
		}
		if err != nil {
			return nil, err
		}
	}
	k, err := readKept(text)
	if err != nil {
		return nil, err
	}
	s.load = k.load()
	for _, step := range []func(context.Context) error{func(ctx context.Context) error { return s.recall(ctx, k.Own) }, s.fillLinks, s.giveMade} {
		if err := step(ctx); err != nil {
			return nil, err
		}
	}
	return k, nil
}

// recall takes up what else was kept.
func (s *mysqlImport) recall(ctx context.Context, text json.RawMessage) error {
	var own mysqlOwn
	if err := json.Unmarshal(text, &own); err != nil {
		return errOther
	}
	for _, g := range s.t.lookups() {
		look := &mysqlLooker{lookup: g[0].lookup, mysql: s.mysql, below: own.Below[g[0].at]}
		for _, c := range g {
			s.looks[c] = look
		}
		if err := s.texts(ctx, fmt.Sprintf("SELECT code, value FROM sluice_made WHERE look = %d ORDER BY code DESC", g[0].at), func(v []*string) error {
			code, err := strconv.ParseInt(*v[0], 10, 64)
			for int64(len(look.made)) < look.below-1-code {
				look.made = append(look.made, "") // which no row of the plan refers to
			}
			look.made = append(look.made, *v[1])
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

// forget gives up what is kept of the plan that is applied in this transaction.
func (w *mysqlWriter) forget(ctx context.Context) error {
	if w.saved == 0 {
		return nil
	}
	n, err := w.exec(ctx, "UPDATE "+w.state("plans")+" SET kept = NULL WHERE n = ? AND kept IS NOT NULL", w.saved)
	if err == nil && n == 0 {
		err = errGone
	}
	return err
}

// expire drops the rows of plans that have lapsed, were applied, or were not kept
// to their end.
func (m *mysql) expire(ctx context.Context) error {
	var over []int64
	if err := m.texts(ctx, "SELECT n FROM "+m.state("plans")+" WHERE until < utc_timestamp() OR kept IS NULL AND is_free_lock("+fmt.Sprintf(keepLock, "id")+")", func(v []*string) error {
		n, err := strconv.ParseInt(*v[0], 10, 64)
		over = append(over, n)
		return err
	}); err != nil {
		return err
	}
	for _, n := range over {
		var tables []string
		for _, name := range m.keptTables(n) {
			tables = append(tables, name)
		}
		if err := m.all(ctx, "DROP TABLE IF EXISTS "+strings.Join(tables, ", "), fmt.Sprintf("DELETE FROM %s WHERE n = %d", m.state("plans"), n)); err != nil {
			return err
		}
	}
	return nil
}
