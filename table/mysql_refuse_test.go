package table

import (
	"errors"
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

// What MySQL alone refuses is named row by row, too.
func TestMySQLRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		ddl  string
		file []string
		want []string // of the error
		rows int      // that are named; 0: it is rejects that are
	}{
		"no partition": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9)) PARTITION BY RANGE (k) (PARTITION p VALUES LESS THAN (10))",
			[]string{"k,v", "1,a", "20,b", "3,c", "40,d"},
			[]string{"row 2: Table has no partition for value 20, and 1 more: nothing was changed"},
			2,
		},
		"a generated column": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9), g int AS (12 / (k - 3)) STORED)",
			[]string{"k,v", "1,a", "2,b", "3,c", "4,d"},
			[]string{"row 3: Division by 0"},
			1,
		},
		"what a generated column is": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9), g varchar(2) AS (left(v, 1)) STORED UNIQUE); INSERT INTO a (k, v) VALUES (9, 'x')",
			[]string{"k,v", "1,aa", "2,ab", "3,xc", "4,d"},
			nil,
			0,
		},
		"the beginning of a text": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9), UNIQUE (v(2))); INSERT INTO a (k, v) VALUES (9, 'xxy')",
			[]string{"k,v", "1,aaa", "2,aab", "3,xxz", "4,d"},
			nil,
			0,
		},
		"a unique of what is not loaded": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9), x varchar(9) DEFAULT 'x', UNIQUE (x, v(1)))",
			[]string{"k,v", "1,aa", "2,ba", "3,ac", "4,d"},
			[]string{"row 3: Duplicate entry"},
			1,
		},
		"a check that calls": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9), w varchar(9) DEFAULT 'b', CHECK (concat(v, w) <> 'bb'))",
			[]string{"k,v", "1,a", "2,b", "3,c"},
			[]string{"row 2: CONSTRAINT"},
			1,
		},
		"a trigger that writes elsewhere": {
			"CREATE TABLE log (v varchar(9) UNIQUE); INSERT INTO log VALUES ('b'); CREATE TABLE a (k int PRIMARY KEY, v varchar(9)); CREATE TRIGGER g AFTER INSERT ON a FOR EACH ROW INSERT INTO log VALUES (NEW.v)",
			[]string{"k,v", "1,a", "2,b", "3,c"},
			[]string{"row 2: Duplicate entry 'b'"},
			1,
		},
		"a SQLSTATE of one's own": {
			"CREATE TABLE a (k int PRIMARY KEY, v varchar(9)); INSERT INTO a VALUES (2, 'x'), (3, 'x'); CREATE TRIGGER g BEFORE UPDATE ON a FOR EACH ROW IF NEW.k = 2 THEN SIGNAL SQLSTATE '99123' SET MESSAGE_TEXT = 'not you', MYSQL_ERRNO = 5000; END IF",
			[]string{"k,v", "1,a", "2,b", "3,c"},
			[]string{"row 2: not you: nothing was changed"},
			1,
		},
		"a row refers to a later one": {
			"CREATE TABLE a (k int PRIMARY KEY, v int REFERENCES a (k), x int DEFAULT 2, CHECK (k <> x)); INSERT INTO a VALUES (7, NULL, 9), (8, NULL, 9)",
			[]string{"k,v", "1,4", "2,1", "7,5", "3,4", "8,4", "4,4", "5,4"},
			[]string{"row 2: CONSTRAINT"},
			1,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newMySQLWorld(t, tc.ddl, toOf("columns: {k: {from: k}, v: {from: v}}\n"))
			before := w.rows("a")
			r, err := w.tryApply(tc.file...)
			if tc.rows == 0 {
				if err != nil || r.Rejects == 0 {
					t.Errorf("%+v, %v", r, err)
				}
				return
			}
			has(t, err, tc.want...)
			var refused *plan.RefusedError
			if !errors.As(err, &refused) || len(refused.Rows) != tc.rows {
				t.Errorf("%d rows: %+v, %v", tc.rows, refused, err)
			}
			same(t, "nothing is changed", w.rows("a"), before)
		})
	}
}
