-- The tables a Django shop would have; 200 categories, 1,000 authors and 50 tags to refer to.
CREATE TABLE shop_category (id bigint AUTO_INCREMENT PRIMARY KEY, slug varchar(50) NOT NULL UNIQUE, name varchar(100) NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4;
CREATE TABLE shop_author   (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(100) NOT NULL) ENGINE=InnoDB CHARACTER SET utf8mb4;
CREATE TABLE shop_tag      (id bigint AUTO_INCREMENT PRIMARY KEY, name varchar(50) NOT NULL UNIQUE) ENGINE=InnoDB CHARACTER SET utf8mb4;
CREATE TABLE shop_product (
  id          bigint AUTO_INCREMENT PRIMARY KEY,
  sku         varchar(20)   NOT NULL UNIQUE,
  title       varchar(200)  NOT NULL,
  description longtext      NOT NULL,
  category_id bigint        NOT NULL,
  author_id   bigint,
  price       decimal(10,2) NOT NULL,
  stock       integer       NOT NULL CHECK (stock >= 0),
  published   date,
  updated_at  datetime(6)   NOT NULL,
  active      bool          NOT NULL,
  isbn        varchar(13),
  weight      decimal(8,3),
  FOREIGN KEY (category_id) REFERENCES shop_category (id),
  FOREIGN KEY (author_id) REFERENCES shop_author (id)
) ENGINE=InnoDB CHARACTER SET utf8mb4;
CREATE TABLE shop_product_tags (
  id         bigint AUTO_INCREMENT PRIMARY KEY,
  product_id bigint NOT NULL,
  tag_id     bigint NOT NULL,
  UNIQUE (product_id, tag_id),
  FOREIGN KEY (product_id) REFERENCES shop_product (id),
  FOREIGN KEY (tag_id) REFERENCES shop_tag (id)
) ENGINE=InnoDB CHARACTER SET utf8mb4;
INSERT INTO shop_category (id, slug, name) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 200) SELECT i, concat('cat-', lpad(i, 3, '0')), concat('Category ', i) FROM n;
INSERT INTO shop_author (id, name) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 1000) SELECT i, concat('Author ', i) FROM n;
INSERT INTO shop_tag (id, name) WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 50) SELECT i, concat('tag', lpad(i, 2, '0')) FROM n;
