package infer

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	_ "modernc.org/sqlite" // the driver

	"github.com/seed-128c3863/sluice/plan"
	"github.com/seed-128c3863/sluice/spec"
	"github.com/seed-128c3863/sluice/store"
	"github.com/seed-128c3863/sluice/table"
)

const products = "../table/testdata/products/"

// eachDatabase runs a test with the URL of a new database of each kind, and a
// function that runs statements in it.
func eachDatabase(t *testing.T, test func(t *testing.T, database string, run func(sql string))) {
	t.Run("postgres", func(t *testing.T) {
		database := newPostgres(t)
		test(t, database, func(sql string) { execPostgres(t, database, sql) })
	})
	t.Run("sqlite", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "shop.db")
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		test(t, "sqlite://"+file, func(sql string) {
			t.Helper()
			if _, err := db.Exec(sql); err != nil {
				t.Fatal(err)
			}
		})
	})
}

var databases atomic.Int64 // made by this process

func newPostgres(t *testing.T) string {
	server := os.Getenv("SLUICE_TEST_POSTGRES")
	if server == "" {
		t.Skip("SLUICE_TEST_POSTGRES is not set; scripts/postgres sets it")
	}
	name := fmt.Sprintf("infer_%d_%d", os.Getpid(), databases.Add(1))
	execPostgres(t, server, "CREATE DATABASE "+name+" TEMPLATE template0")
	t.Cleanup(func() { execPostgres(t, server, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	return u.JoinPath("..", name).String()
}

func execPostgres(t *testing.T, database, sql string) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(ctx)
	if _, err := conn.Exec(ctx, sql); err != nil {
		t.Fatal(err)
	}
}

// shopSchema makes the tables of a shop.
func shopSchema(t *testing.T, database string, run func(string)) {
	t.Helper()
	kind, _, _ := strings.Cut(database, ":")
	schema, err := os.ReadFile(products + kind + ".sql")
	if err != nil {
		t.Fatal(err)
	}
	run(string(schema))
}

// tableDrafted drafts a job for a table.
func tableDrafted(t *testing.T, source string, o TableOptions) *Draft {
	t.Helper()
	draft, err := Table(t.Context(), store.NewSet(store.Options{}), source, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s\n%s", draft.Text, strings.Join(draft.Notes, "\n"))
	return draft
}

// applied applies a drafted job as it stands.
func applied(t *testing.T, draft *Draft, database string) plan.Counts {
	t.Helper()
	job, err := spec.Parse("job.yaml", draft.Text)
	if err != nil {
		t.Fatal(err)
	}
	params, err := job.Bind(map[string]string{"database": database}, nil)
	if err != nil {
		t.Fatal(err)
	}
	im, err := table.Open(t.Context(), table.Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	planned, err := im.Plan(t.Context(), plan.Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, err := im.Apply(t.Context(), plan.ApplyOptions{})
	if err != nil || r.Counts != nil && r.Counts.Total() != planned.Counts.Total() {
		t.Fatalf("%+v, %v; planned %v", r, err, planned.Counts)
	}
	return r.Counts
}

// TestTableProducts drafts a job for the products of a shop, which loads all of
// them and then finds nothing to change.
func TestTableProducts(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		shopSchema(t, database, run)
		draft := tableDrafted(t, products+"v1.csv", TableOptions{Database: database, Table: "shop_product"})
		for _, part := range []string{
			"{from: sku}\n", "category_id: {from: category, lookup: shop_category.slug}", "author_id:   {from: author} ",
			`{from: active, "true": ["1"], "false": ["0"]}`, `{from: tags, split: "|", through: shop_product_tags, lookup: shop_tag.name}`, "key: [sku] ",
		} {
			if !strings.Contains(string(draft.Text), part) {
				t.Errorf("there is no %q", part)
			}
		}
		for _, d := range draft.Decisions {
			if d.Sure != "sure" && d.Column != "updated_at" {
				t.Errorf("%+v", d)
			}
		}
		if strings.Contains(string(draft.Text), "sluice:sluice@") {
			t.Error("the job has the password")
		}
		if counts := applied(t, draft, database); counts[plan.New] != 300 || counts.Total() != 300 {
			t.Errorf("first apply: %v", counts)
		}
		if counts := applied(t, draft, database); counts[plan.Unchanged] != 300 || counts.Total() != 300 {
			t.Errorf("second apply: %v", counts)
		}
	})
}

// TestTableFirst drafts a job before what it looks up is there, and for a file with
// the IDs of its rows.
func TestTableFirst(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		shopSchema(t, database, run)
		run("DELETE FROM shop_tag; DELETE FROM shop_category")
		text, err := os.ReadFile(products + "v1.csv")
		if err != nil {
			t.Fatal(err)
		}
		file := filepath.Join(t.TempDir(), "ids.csv")
		numbered := regexp.MustCompile(`(?m)^(SKU0*([0-9]+))`).ReplaceAll(bytes.Replace(text, []byte("sku,"), []byte("id,sku,"), 1), []byte("$2,$1"))
		if err := os.WriteFile(file, numbered, 0o600); err != nil {
			t.Fatal(err)
		}
		asked := ""
		draft := tableDrafted(t, file, TableOptions{Database: database, Table: "shop_product", Options: Options{Ask: func(q Question) (int, error) {
			asked += q.Text + "\n"
			return q.Best, nil
		}}})
		for _, part := range []string{"{from: category, lookup: shop_category.slug}", "lookup: shop_tag.name, missing: create}", "key: [id]", "rows with others are rejected", "the others are added there"} {
			if !strings.Contains(string(draft.Text), part) {
				t.Errorf("there is no %q", part)
			}
		}
		for _, part := range []string{`where does column "category"`, `where does column "tags"`, `50 values of column "tags" are not in shop_tag.name`, "by which columns are rows told apart?"} {
			if !strings.Contains(asked, part) {
				t.Errorf("not asked %q, but\n%s", part, asked)
			}
		}
	})
}

const nested = `{"sku":"A1","info":{"title":"Desk","description":""},"category":"cat-001","price":1.5,"stock":2,"updated_at":"2024-04-17T05:30:00Z","active":true,"tags":["tag01","tag02"]}
{"sku":"A2","info":{"title":"Chair","description":"d"},"category":"cat-002","price":2,"stock":3,"updated_at":"2024-04-18T05:30:00Z","active":false,"tags":[]}
`

// TestTableNested loads objects and lists.
func TestTableNested(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		shopSchema(t, database, run)
		file := filepath.Join(t.TempDir(), "nested.ndjson")
		if err := os.WriteFile(file, []byte(nested), 0o600); err != nil {
			t.Fatal(err)
		}
		draft := tableDrafted(t, file, TableOptions{Database: database, Table: "shop_product"})
		if !strings.Contains(string(draft.Text), "title:       {from: info.title}") || !strings.Contains(string(draft.Text), "through: shop_product_tags") {
			t.Error("title or tags")
		}
		if counts := applied(t, draft, database); counts[plan.New] != 2 {
			t.Errorf("apply: %v", counts)
		}
		if counts := applied(t, draft, database); counts[plan.Unchanged] != 2 {
			t.Errorf("second apply: %v", counts)
		}
	})
}

const messy = `"SKU *",Product Title,Desc,분류,Author ID,Unit Price,qty in stock,Published,updatedAt,Active?,ISBN-13,Weight (kg),Tags,Remark
A1,x,d1,cat-001,1,"1,395.50",5,17/04/2024,2024-04-17 10:00,예,,1.5,tag01; tag02,r
A2,y,d2,cat-002,,"12,395.5",6,18/04/2024,2024-04-18 10:00,아니오,,,tag03,
A3,z,,cat-003,3,15,7,-,2024-04-18 11:00,예,123,2.25,newtag,
`

// TestTableMessy matches names that are written otherwise, and values that are.
func TestTableMessy(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		shopSchema(t, database, run)
		t.Chdir(t.TempDir()) // where the rejects go
		file := "messy.csv"
		if err := os.WriteFile(file, []byte(messy), 0o600); err != nil {
			t.Fatal(err)
		}
		draft := tableDrafted(t, file, TableOptions{Database: database, Table: "shop_product"})
		want := map[string]string{
			"SKU *": "sku sure", "Product Title": "title sure", "Desc": "description in doubt", "분류": "category_id by shop_category.slug likely", "Author ID": "author_id sure",
			"Unit Price": "price in doubt", "qty in stock": "stock in doubt", "Published": "published sure", "updatedAt": "updated_at", "Active?": "active sure", "ISBN-13": "isbn in doubt",
			"Weight (kg)": "weight sure", "Tags": "shop_product_tags by shop_tag.name likely", "Remark": " ",
		}
		for _, d := range draft.Decisions {
			if got := d.To + " " + d.Sure; !strings.HasPrefix(got, want[d.Column]) || want[d.Column] == "" {
				t.Errorf("%s: %s (%s), want %s", d.Column, got, d.Why, want[d.Column])
			}
		}
		for _, part := range []string{`thousands: ","`, `null: ["-"], formats: "%d/%m/%Y"`, `"true": ["예"], "false": ["아니오"]`, `trim: true, split: ";"`, "# Remark is not loaded"} {
			if !strings.Contains(string(draft.Text), part) {
				t.Errorf("there is no %q", part)
			}
		}
		if counts := applied(t, draft, database); counts[plan.New] != 2 || counts[plan.Invalid] != 1 { // newtag
			t.Errorf("apply: %v", counts)
		}
	})
}

// TestTableAsks asks what is in doubt, and does as it is told.
func TestTableAsks(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		shopSchema(t, database, run)
		number := "integer PRIMARY KEY AUTOINCREMENT"
		if strings.HasPrefix(database, "postgres") {
			number = "serial PRIMARY KEY"
		}
		run("CREATE TABLE event (id " + number + ", code varchar(10), day date NOT NULL, mood text)")
		file := filepath.Join(t.TempDir(), "events.csv")
		if err := os.WriteFile(file, []byte("code,day,moody\na,01/02/2024,x\nb,03/04/2024,y\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		var asked []string
		ask := func(q Question) (int, error) {
			asked = append(asked, fmt.Sprint(q.Text, " ", q.Choices, " ", q.Best))
			return len(q.Choices) - 1, nil
		}
		draft := tableDrafted(t, file, TableOptions{Database: database, Table: "event", Options: Options{Ask: ask}})
		text := string(draft.Text)
		if len(asked) != 2 || !strings.Contains(asked[0], `[%d/%m/%Y %m/%d/%Y] 0`) || !strings.Contains(asked[1], "told apart? [code: no unique of the table, but no two of 2 rows are the same by it by none") {
			t.Errorf("asked %q", asked)
		}
		if !strings.Contains(text, `formats: "%m/%d/%Y"`) || !strings.Contains(text, "write: insert") || strings.Contains(text, "key:") {
			t.Error("not as it was told")
		}
		draft = tableDrafted(t, file, TableOptions{Database: database, Table: "event"})
		if text = string(draft.Text); !strings.Contains(text, `formats: "%d/%m/%Y"`) || !strings.Contains(text, "key: [code]") {
			t.Error("not the best, where nobody is asked")
		}
		if counts := applied(t, draft, database); counts[plan.New] != 2 {
			t.Errorf("apply: %v", counts)
		}
		run("CREATE TABLE count (code varchar(3) PRIMARY KEY, moody integer)")
		draft = tableDrafted(t, file, TableOptions{Database: database, Table: "count"})
		if why := draft.Decisions[2].Why; !strings.HasPrefix(why, `its values do not fit moody: "x" is not`) {
			t.Errorf("why: %s", why)
		}
		run("CREATE TABLE bare (moody text, day text)")
		draft = tableDrafted(t, file, TableOptions{Database: database, Table: "bare"})
		if text = string(draft.Text); !strings.Contains(text, "key: [day]") {
			t.Error("the first column that tells rows apart")
		}
	})
}

// TestTableKorean matches Korean names, and takes no key that the files do not
// fill.
func TestTableKorean(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		id := "integer PRIMARY KEY AUTOINCREMENT"
		if strings.HasPrefix(database, "postgres") {
			id = "bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY"
		}
		run(`CREATE TABLE "상품" (id ` + id + `, "품목코드" varchar(20) NOT NULL UNIQUE, "품명" varchar(100) NOT NULL, "단가" decimal(10,0), "등록일" date, "판매중" boolean NOT NULL)`)
		file := filepath.Join(t.TempDir(), "상품.csv")
		if err := os.WriteFile(file, []byte("품목 코드,품 명 *,단가(원),등록일,판매중\nA-1,책상,\"1,395\",2024년 4월 17일,Y\nA-2,의자,900,2024년 12월 1일,N\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		draft := tableDrafted(t, file, TableOptions{Database: database, Table: "상품"})
		for _, d := range draft.Decisions {
			if d.Sure != "sure" {
				t.Errorf("%+v", d)
			}
		}
		if !strings.Contains(string(draft.Text), `key: ["품목코드"]`) || !strings.Contains(string(draft.Text), `formats: "%Y년 %m월 %d일"`) {
			t.Error("key or form")
		}
		if counts := applied(t, draft, database); counts[plan.New] != 2 {
			t.Errorf("apply: %v", counts)
		}
		if counts := applied(t, draft, database); counts[plan.Unchanged] != 2 {
			t.Errorf("second apply: %v", counts)
		}
	})
}

// TestTableAny drafts jobs for tables of values that are apt to be taken for
// something: each that is drafted loads, and what cannot be drafted is refused as
// a mistake of the call.
func TestTableAny(t *testing.T) {
	eachDatabase(t, func(t *testing.T, database string, run func(string)) {
		t.Chdir(t.TempDir())
		run(`CREATE TABLE kind (id integer PRIMARY KEY, code varchar(5) NOT NULL UNIQUE, n integer UNIQUE);
			INSERT INTO kind VALUES (1, 'a', 10), (2, 'b', 20), (7, 'c d', 30);
			CREATE TABLE thing (id integer PRIMARY KEY, "Code Name" varchar(12) UNIQUE, kind_id integer REFERENCES kind (id), day date, at timestamp, ok boolean NOT NULL, price decimal(8,2), ratio double precision, "n" integer, note text NOT NULL,
				parent_id integer REFERENCES thing (id), UNIQUE (day, n));
			CREATE TABLE thing_kinds (thing_id integer NOT NULL REFERENCES thing (id), kind_id integer NOT NULL REFERENCES kind (id), PRIMARY KEY (thing_id, kind_id))`)
		names := []string{"id", "ID", "code name", "CodeName", "kind", "kind_id", "kind code", "kinds", "day", "at", "OK?", "price (KRW)", "ratio", "n", "N°", "note", "notes", "parent", "x", "가격", "Code-Name", "thing note"}
		values := []string{"", "1", "2", "7", "a", "b", "c d", "a|b", "a, b", "-", "n/a", "2024-04-17", "17/04/2024", "04/05/2024", "2024-04-17 05:30", "2024-04-17T05:30:00Z", "Y", "N", "true", "예", "1,395.50", "1.5", "1e3", "007", "  1 ", `"q"`, "x'y", "긴 글 하나 둘 셋 넷 다섯", "9999999999999999999999"}
		for seed := range uint64(12) {
			r := rand.New(rand.NewPCG(seed, 7))
			var file strings.Builder
			out := csv.NewWriter(&file)
			var header []string
			for _, at := range r.Perm(len(names))[:1+r.IntN(10)] {
				header = append(header, names[at])
			}
			_ = out.Write(header)
			few := make([][]string, len(header))
			for c := range few {
				for range 1 + r.IntN(4) {
					few[c] = append(few[c], values[r.IntN(len(values))])
				}
			}
			for i := range 2 + r.IntN(6) {
				row := make([]string, len(header))
				for c := range row {
					if row[c] = few[c][r.IntN(len(few[c]))]; r.IntN(4) == 0 {
						row[c] = fmt.Sprint(i)
					}
				}
				_ = out.Write(row)
			}
			out.Flush()
			name := fmt.Sprintf("any%d.csv", seed)
			if err := os.WriteFile(name, []byte(file.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			draft, err := Table(t.Context(), store.NewSet(store.Options{}), name, TableOptions{Database: database, Table: "thing"})
			var nothing *NothingError
			switch {
			case errors.As(err, &nothing):
			case err != nil:
				t.Errorf("seed %d: %v\n%s", seed, err, file.String())
			default:
				plannable(t, draft, database, file.String())
			}
		}
	})
}

// plannable wants a plan of a drafted job as it stands.
func plannable(t *testing.T, draft *Draft, database, file string) {
	t.Helper()
	job, err := spec.Parse("job.yaml", draft.Text)
	if err != nil {
		t.Fatal(err)
	}
	params, err := job.Bind(map[string]string{"database": database}, nil)
	if err != nil {
		t.Fatal(err)
	}
	im, err := table.Open(t.Context(), table.Options{Job: job, Params: params, Stores: store.NewSet(store.Options{}), Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer im.Close()
	if _, err := im.Plan(t.Context(), plan.Options{}); err != nil {
		t.Errorf("%v\n%s\n%s", err, file, draft.Text)
	}
}
