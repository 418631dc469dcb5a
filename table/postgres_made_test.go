package table

import (
	"testing"

	"github.com/seed-128c3863/sluice/plan"
)

const articles = `CREATE TABLE kind (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, t text NOT NULL UNIQUE, upper text GENERATED ALWAYS AS (upper(t)) STORED);
	CREATE TABLE tag (id bigserial PRIMARY KEY, name text NOT NULL UNIQUE);
	CREATE TABLE article (id bigserial PRIMARY KEY, code text NOT NULL UNIQUE, kind_id int REFERENCES kind, twin_id int REFERENCES kind, n int CHECK (n > 0));
	CREATE TABLE article_tag (article_id bigint NOT NULL REFERENCES article, tag_id bigint NOT NULL REFERENCES tag, PRIMARY KEY (article_id, tag_id));
	INSERT INTO kind (t) VALUES ('old'); INSERT INTO tag (name) VALUES ('red')`

const articleJob = `columns:
  code: {from: code}
  kind_id: {from: kind, lookup: kind.t, missing: create}
  twin_id: {from: twin, lookup: kind.t, missing: create}
  n: {from: n}
  tags: {from: tags, split: "|", through: article_tag, lookup: tag.name, missing: create}
to: {DATABASE, table: article, key: [code]}
`

// TestCreate creates rows of look-ups for rows that are written, and takes them
// back.
func TestCreate(t *testing.T) { newWorlds(t, articles, articlesOfSQLite, articleJob, testCreate) }

func testCreate(w *world) {
	w.apply("code,kind,twin,n,tags", "a,old,,1,red", "b,,,2,")
	w.number("article")
	before := w.rows("article", "article_tag", "kind", "tag")

	file := []string{"code,kind,twin,n,tags", "a,new,old,1,red|blue|green", "b,,,2,", "c,newer,new,3,blue", "d,bad,,-1,never", "e,worse,,x,not"}
	p, text := w.plan(file...)
	has(w, text, "creates 2 rows of kind: new, newer", "creates 2 rows of tag: ", "~ row 1 a: kind_id old → new, twin_id null → old, tags [red] → [blue, green, red]", "1 new", "1 update", "1 unchanged", "2 invalid")
	if len(p.Table.Notes) != 2 {
		w.Error(p.Table.Notes)
	}
	same(w, "after a plan", w.rows("article", "article_tag", "kind", "tag"), before)

	r := w.apply(file...)
	same(w, "written", w.rows("article", "kind", "tag"), "(1,a,2,1,1) (2,b,,,2) (3,c,3,2,3)\n(1,old,OLD) (2,new,NEW) (3,newer,NEWER)\n(1,red) (2,blue) (3,green)")
	same(w, "links", w.rows("article_tag"), "(1,1) (1,2) (1,3) (3,2)")
	if again := w.apply(file...); again.Run != "" || again.Counts[plan.Unchanged] != 3 {
		w.Errorf("again: %+v", again)
	}
	after := w.rows("article", "article_tag", "kind", "tag")
	back := w.revert(r.Run)
	same(w, "reverted", w.rows("article", "article_tag", "kind", "tag"), before)
	w.revert(back.Run)
	same(w, "the revert reverted", w.rows("article", "article_tag", "kind", "tag"), after)
	w.exec("INSERT INTO article (code, kind_id) VALUES ('z', 3); DELETE FROM article WHERE code = 'none'")
	w.revert(w.lastRun())
	same(w, "what somebody refers to stays", w.rows("article", "kind", "tag"), "(1,a,1,,1) (2,b,,,2) (4,z,3,,)\n(1,old,OLD) (3,newer,NEWER)\n(1,red)")
}

func (w *world) lastRun() string {
	w.Helper()
	im, err := w.open("none")
	if err != nil {
		w.Fatal(err)
	}
	runs, err := im.Runs(w.Context())
	if err != nil {
		w.Fatal(err)
	}
	return runs[len(runs)-1].ID
}

// Somebody else makes the row first.
func TestCreateDrift(t *testing.T) {
	newWorlds(t, articles, articlesOfSQLite, articleJob, testCreateDrift)
}

func testCreateDrift(w *world) {
	_, err := w.meanwhile("INSERT INTO tag (name) VALUES ('blue')", "code,kind,twin,n,tags", "a,old,,1,red|blue")
	has(w, err, `tag: a row with the name "blue" was made since`, "nothing was changed")
	same(w, "nothing was written", w.rows("article"), "")
}

// Values that the database takes for the same make one row.
func TestCreateOnce(t *testing.T) {
	w := newWorld(t, `CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
		CREATE TABLE tag (id serial PRIMARY KEY, name text COLLATE nocase NOT NULL UNIQUE);
		CREATE TABLE a (k text COLLATE "C" PRIMARY KEY, tag int REFERENCES tag)`, `columns:
  k: {from: k}
  tag: {from: tag, lookup: tag.name, missing: create}
to: {DATABASE, table: a, key: [k]}
`)
	w.apply("k,tag", "1,Red", "2,red", "3,RED", "4,blue")
	same(t, "one row each", w.rows("tag", "a"), "(1,Red) (2,blue)\n(1,1) (2,1) (3,1) (4,2)")
}

// What cannot be created is said before a row is read.
func TestCreateRefused(t *testing.T) {
	for ddl, want := range map[string]string{
		"CREATE TABLE tag (id serial PRIMARY KEY, name text UNIQUE, colour text NOT NULL)":   "rows of table tag cannot be created: colour must be filled, too",
		"CREATE TABLE tag (id uuid DEFAULT gen_random_uuid() PRIMARY KEY, name text UNIQUE)": "rows of table tag cannot be created: id is not a number that the database gives them",
		"CREATE TABLE tag (id int PRIMARY KEY, name text UNIQUE)":                            "rows of table tag cannot be created: id must be filled, too",
	} {
		w := newWorld(t, ddl+"; CREATE TABLE a (k int PRIMARY KEY, tag text)", toOf("columns: {k: {from: k}, tag: {from: tag, lookup: tag.name, missing: create}}\n"))
		_, err := w.open("k,tag")
		has(t, err, want)
	}
}
