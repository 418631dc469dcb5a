package main

import (
	"embed"
	"os"
	"path/filepath"

	"github.com/seed-128c3863/sluice/table"
)

//go:embed demo/products.yaml demo/products.csv demo/products_2.csv demo/shop.sql
var demoShop embed.FS

// table loads a spreadsheet into a table.
func (d *demonstration) table() error {
	for _, name := range []string{"products.yaml", "products.csv", "products_2.csv"} {
		text, err := demoShop.ReadFile("demo/" + name)
		if err == nil {
			err = os.WriteFile(filepath.Join(d.dir, name), text, 0o644)
		}
		if err != nil {
			return err
		}
	}
	schema, err := demoShop.ReadFile("demo/shop.sql")
	if err != nil {
		return err
	}
	shop := filepath.Join(d.dir, "shop.db")
	if err := table.MakeSQLite(d.stop.Work, shop, string(schema)); err != nil {
		return err
	}
	d.job = filepath.Join(d.dir, "products.yaml")
	input := func(name string) { d.params = []string{"input=" + filepath.Join(d.dir, name), "shop=" + shop} }
	input("products.csv")
	d.say("%s is the database of a shop, and products.csv a spreadsheet for its table of products.\nThe job %s finds categories by their slugs, and tags by their names.", shop, d.job)
	d.sluice("plan")
	d.sluice("apply", "--yes")
	input("products_2.csv")
	d.say("The next spreadsheet has new prices, a new lamp, and two mistakes:")
	d.ends(3, "plan")
	d.say("The good rows are loaded; the bad ones are in a file that can be mended and loaded as it is:")
	run := d.apply(3)
	d.show(shop + "-rejects-" + run + ".csv")
	d.say("That is taken back: the table is again what it was before.")
	d.sluice("revert", run, "--yes")
	d.sluice("runs")
	return nil
}

// show prints a file.
func (d *demonstration) show(name string) {
	if d.err != nil {
		return
	}
	var text []byte
	if text, d.err = os.ReadFile(name); d.err == nil {
		_, d.err = d.out.Write(text)
	}
}
