package table

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// What a run makes has no owner on MySQL: who applies needs rights on all tables of
// the database, and one more to make the tables of a comparison.
const (
	ownRights       = stateRights + ", CREATE, DROP"
	comparingRights = "CREATE TEMPORARY TABLES"
)

// ready returns an error if this user can neither use the state tables nor make
// those of a run.
func (m *mysql) ready(ctx context.Context) error {
	user, grants, err := m.grants(ctx, "")
	if err != nil || grants.have(m.schema, "", ownRights) {
		return err
	}
	if !grants.have(m.schema, "", "CREATE, DROP") {
		return unready(user, "may not create and drop tables in database "+m.schema)
	}
	return unready(user, "may not read and write all tables in database "+m.schema)
}

// setup returns the statements that make what is missing.
func (m *mysql) setup(ctx context.Context, t *target, role string) (missing []string, err error) {
	for _, s := range mysqlStateTables {
		there, err := m.has(ctx, s.name)
		if err != nil {
			return nil, err
		}
		if !there {
			missing = append(missing, fmt.Sprintf(mysqlStateTable, ticked(m.schema)+"."+ticked(m.prefix+s.name), s.columns))
		}
	}
	user, grants, err := m.grants(ctx, role)
	if err != nil {
		return nil, err
	}
	need := func(database, table, rights string) {
		on := ticked(database) + "." + ticked(table)
		if table == "" {
			on = ticked(strings.NewReplacer("_", `\_`, "%", `\%`).Replace(database)) + ".*"
		}
		if sql := "GRANT " + rights + " ON " + on + " TO " + accountOf(user); !grants.have(database, table, rights) && !slices.Contains(missing, sql) {
			missing = append(missing, sql)
		}
	}
	need(m.schema, "", ownRights+", "+comparingRights)
	for _, of := range t.jobTables() {
		if of.Schema != m.schema {
			need(of.Schema, of.Name, of.rights)
		}
	}
	return missing, nil
}

// ticked quotes a name as MySQL does in any mode.
func ticked(name string) string { return "`" + strings.ReplaceAll(name, "`", "``") + "`" }

// accountOf quotes a user, NAME or NAME@HOST.
func accountOf(user string) string {
	name, host := user, "%"
	if i := strings.LastIndexByte(user, '@'); i >= 0 {
		name, host = user[:i], user[i+1:]
	}
	return quoteText(name) + "@" + quoteText(host)
}

// A mysqlGrant is a line of SHOW GRANTS.
type mysqlGrant struct {
	rights   []string
	database *regexp.Regexp
	table    string // "": all
}

type mysqlGrants []mysqlGrant

// grantLine are the rights, the pattern of the database, and the table of a grant.
var grantLine = regexp.MustCompile("^GRANT (.+) ON (?:TABLE )?[`\"]?(.+?)[`\"]?\\.(\\*|[`\"].+[`\"]) TO ")

// someColumns are those that a right is limited to.
var someColumns = regexp.MustCompile(`\([^)]*\)`)

// roleLine is a role that is granted.
var roleLine = regexp.MustCompile("^GRANT ([`\"'][^ ]+) TO ")

// grants returns what a user may do, by roles too, and who that is: "" is who is
// connected.
func (m *mysql) grants(ctx context.Context, user string) (who string, grants mysqlGrants, err error) {
	of := ""
	if who = user; user != "" {
		of = accountOf(user)
	} else if err = m.conn.QueryRowContext(ctx, "SELECT current_user()").Scan(&who); err != nil {
		return "", nil, err
	}
	err = m.addGrants(ctx, of, map[string]bool{}, &grants)
	return who, grants, err
}

// addGrants adds the grants of a user or role, and those of the roles in it.
func (m *mysql) addGrants(ctx context.Context, of string, seen map[string]bool, into *mysqlGrants) error {
	if seen[of] {
		return nil
	}
	seen[of] = true
	sql := "SHOW GRANTS"
	if of != "" {
		sql += " FOR " + of
	}
	var roles []string
	if err := m.texts(ctx, sql, func(v []*string) error {
		if role := roleLine.FindStringSubmatch(*v[0]); role != nil {
			roles = append(roles, strings.Split(role[1], ",")...)
		} else if g := grantLine.FindStringSubmatch(*v[0]); g != nil {
			*into = append(*into, grantOf(g[1], g[2], g[3]))
		}
		return nil
	}); err != nil {
		return err
	}
	for _, role := range roles {
		_ = m.addGrants(ctx, role, seen, into) // else it is as if the user had it not
	}
	return nil
}

func grantOf(rights, database, table string) mysqlGrant {
	g := mysqlGrant{table: strings.Trim(strings.ReplaceAll(table, "``", "`"), "`\"*")}
	for right := range strings.SplitSeq(someColumns.ReplaceAllString(rights, "()"), ", ") {
		g.rights = append(g.rights, strings.TrimSpace(right))
	}
	pattern := strings.NewReplacer(`\\_`, "_", `\\%`, "%", "_", ".", "%", ".*").Replace(regexp.QuoteMeta(strings.ReplaceAll(database, "``", "`")))
	if database == "*" {
		pattern = ".*"
	}
	g.database = regexp.MustCompile("^" + pattern + "$")
	return g
}

// have says whether there are all of some rights on a table; "": on all of the
// database.
func (g mysqlGrants) have(database, table, rights string) bool {
	for right := range strings.SplitSeq(rights, ", ") {
		if !slices.ContainsFunc(g, func(g mysqlGrant) bool {
			return g.database.MatchString(database) && (g.table == "" || g.table == table) && (slices.Contains(g.rights, right) || slices.Contains(g.rights, "ALL PRIVILEGES"))
		}) {
			return false
		}
	}
	return true
}

// execute runs statements, each of which commits by itself.
func (m *mysql) execute(ctx context.Context, statements []string) error {
	for _, sql := range statements {
		watch := m.watch(ctx)
		_, err := m.exec(ctx, sql)
		blocker := watch()
		if mysqlCode(err) == mysqlLockWait {
			return m.tell(err, blocker)
		}
		if err != nil {
			return fmt.Errorf("%s: %w (`sluice setup JOB --sql` prints all of it, for somebody who may)", sql, mysqlPlainly(err))
		}
	}
	return nil
}
