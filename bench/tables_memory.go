package main

// tableMemory: a file ten times as long takes no more memory.
func tableMemory(l *lab, c *section) error {
	s, err := l.shop(c)
	if err != nil {
		return err
	}
	defer s.close()
	for _, size := range []struct {
		rows int
		name string
	}{{500_000, "500,000"}, {5_000_000, "5,000,000"}} {
		files, err := l.products(size.rows)
		if err != nil {
			return err
		}
		url, err := s.copyOf(tables, work)
		if err != nil {
			return err
		}
		program := "sluice, " + size.name
		l.measure(c, program, s.apply(files.v1)(url), func() error { return s.holds("shop_product", size.rows) })
		c.atMost("peak memory, "+size.name+" rows", 256, c.memory(program), "MB")
	}
	return nil
}
