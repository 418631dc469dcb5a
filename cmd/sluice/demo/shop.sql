CREATE TABLE category (id integer PRIMARY KEY, slug varchar(50) NOT NULL UNIQUE, name varchar(100) NOT NULL);
CREATE TABLE tag (id integer PRIMARY KEY AUTOINCREMENT, name varchar(50) NOT NULL UNIQUE);
CREATE TABLE product (
  id          integer PRIMARY KEY AUTOINCREMENT,
  sku         varchar(20)   NOT NULL UNIQUE,
  title       varchar(200)  NOT NULL,
  category_id bigint        NOT NULL REFERENCES category (id),
  price       decimal(10,2) NOT NULL,
  stock       integer       NOT NULL CHECK (stock >= 0),
  published   date
);
CREATE TABLE product_tags (
  id         integer PRIMARY KEY AUTOINCREMENT,
  product_id bigint NOT NULL REFERENCES product (id),
  tag_id     bigint NOT NULL REFERENCES tag (id),
  UNIQUE (product_id, tag_id)
);
INSERT INTO category (slug, name) VALUES ('desks', 'Desks'), ('chairs', 'Chairs'), ('lamps', 'Lamps');
