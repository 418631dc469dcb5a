"""django-import-export into PostgreSQL, the models and settings in one file. As people
set it up: skip_unchanged, use_bulk, batches of 1,000, no transactions, in ten parts by
asyncio.gather and sync_to_async (which run one after the other all the same). With
--tuned: everything that its documentation offers for speed, in one part.

In bulk it writes no tags, which is in its favour; which tags a product has it looks up
all the same, unless tuned. With --tags its hook after_import writes them in bulk."""

import products

clock = products.Clock()  # before Django is loaded

import asyncio
import sys
import urllib.parse

import tablib
from asgiref.sync import sync_to_async

import django
from django.apps import AppConfig
from django.conf import settings

PARTS = 10


def configure(url):
    u = urllib.parse.urlsplit(url)
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": u.path.removeprefix("/"), "USER": u.username, "PASSWORD": u.password or "",
                "HOST": u.hostname, "PORT": u.port,
            }  # fmt: skip
        },
        INSTALLED_APPS=["import_export", AppConfig("shop", sys.modules[__name__])],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
        TIME_ZONE="UTC",
    )
    django.setup()


def write_tags(product, tag, dataset):
    """Makes the links of the products of dataset equal to its tags."""
    links = product.tags.through.objects
    ids = dict(product.objects.filter(sku__in=dataset["sku"]).values_list("sku", "id"))
    tags = dict(tag.objects.values_list("name", "id"))
    wanted = {(ids[sku], tags[name]) for sku, names in zip(dataset["sku"], dataset["tags"]) if names for name in names.split("|")}
    there = {(p, t): id for id, p, t in links.filter(product_id__in=ids.values()).values_list("id", "product_id", "tag_id")}
    links.filter(id__in=[id for pair, id in there.items() if pair not in wanted]).delete()
    links.bulk_create([links.model(product_id=p, tag_id=t) for p, t in sorted(wanted - there.keys())], batch_size=1000)


def resource(tuned, tags_too):
    """The class of the resource; models can only be declared once Django is set up."""
    from django.db import models
    from import_export import fields, instance_loaders, resources, widgets

    class Shop(models.Model):
        class Meta:
            abstract = True
            app_label = "shop"  # gives the tables their names: shop_category, shop_product_tags

    class Category(Shop):
        slug = models.CharField(max_length=50, unique=True)
        name = models.CharField(max_length=100)

    class Author(Shop):
        name = models.CharField(max_length=100)

    class Tag(Shop):
        name = models.CharField(max_length=50, unique=True)

    class Product(Shop):
        sku = models.CharField(max_length=20, unique=True)
        title = models.CharField(max_length=200)
        description = models.TextField()
        category = models.ForeignKey(Category, models.PROTECT)
        author = models.ForeignKey(Author, models.PROTECT, null=True)
        price = models.DecimalField(max_digits=10, decimal_places=2)
        stock = models.PositiveIntegerField()
        published = models.DateField(null=True)
        updated_at = models.DateTimeField()
        active = models.BooleanField()
        isbn = models.CharField(max_length=13, null=True)
        weight = models.DecimalField(max_digits=8, decimal_places=3, null=True)
        tags = models.ManyToManyField(Tag)

    class TextOrNull(widgets.CharWidget):
        def clean(self, value, row=None, **kwargs):
            return super().clean(value, row, **kwargs) or None

    key = widgets.CachedForeignKeyWidget if tuned else widgets.ForeignKeyWidget

    class ProductResource(resources.ModelResource):
        category = fields.Field("category", "category", key(Category, "slug"))
        author = fields.Field("author", "author", key(Author, "id"))
        isbn = fields.Field("isbn", "isbn", TextOrNull())
        tags = fields.Field("tags", "tags", widgets.ManyToManyWidget(Tag, "|", "name"))

        class Meta:
            model = Product
            fields = tuple(products.COLUMNS)
            import_id_fields = ("sku",)
            skip_unchanged = True
            use_bulk = True
            batch_size = 1000
            use_transactions = False
            if tuned:
                instance_loader_class = instance_loaders.CachedInstanceLoader
                skip_diff = True  # and with it the comparison: every row is written
                skip_html_diff = True
                report_skipped = False

        def get_bulk_update_fields(self):
            # bulk_update refuses many-to-many fields, and with them the whole batch.
            return [f for f in super().get_bulk_update_fields() if f != "tags"]

        def after_import(self, dataset, result, **kwargs):
            super().after_import(dataset, result, **kwargs)
            if tags_too:
                write_tags(Product, Tag, dataset)

    return ProductResource


async def in_parts(resource_class, dataset):
    size = -(-len(dataset) // PARTS)
    parts = [tablib.Dataset(*dataset[i : i + size], headers=dataset.headers) for i in range(0, len(dataset), size)]
    return await asyncio.gather(*(sync_to_async(resource_class().import_data)(part) for part in parts))


def main():
    args = products.arguments(__doc__, tuned="the options that are quickest", tags="write the tags too")
    configure(args.database)
    resource_class = resource(args.tuned, args.tags)
    clock.lap("start")
    with open(args.input, newline="", encoding="utf-8") as f:
        dataset = tablib.Dataset().load(f, format="csv")
    clock.lap("read")
    results = [resource_class().import_data(dataset)] if args.tuned else asyncio.run(in_parts(resource_class, dataset))
    clock.lap("import")
    totals = {kind: sum(r.totals[kind] for r in results) for kind in ("new", "update", "skip", "error", "invalid")}
    clock.report(rows=len(dataset), **totals)
    refused = [e.error for r in results for e in r.base_errors]  # batches that the database refused
    if refused or totals["error"] or totals["invalid"]:
        raise SystemExit(f"not everything was imported: {totals}, {len(refused)} batches refused: {refused[:1]}")


if __name__ == "__main__":
    main()
