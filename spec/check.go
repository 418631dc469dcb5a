package spec

type checker struct {
	*reader
	job *Job
}

func (c *checker) check() {}
