CREATE TABLE orders (
  id bigserial PRIMARY KEY,
  user_id integer NOT NULL,
  item text NOT NULL,
  price integer NOT NULL,
  created timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX orders_user ON orders (user_id, id DESC);
INSERT INTO orders (user_id, item, price) SELECT 1 + n % 500, 'book', 1000 + n % 900 FROM generate_series(1, 5000) AS n;
ANALYZE orders;
