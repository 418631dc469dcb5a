package source

import (
	"fmt"
	"testing"
)

// Every source belongs to just one shard, whatever machine asks.
func TestShards(t *testing.T) {
	for _, n := range []int{1, 2, 7} {
		of := make([]int, n)
		for file := range 7000 {
			url := fmt.Sprintf("s3://raw/flight/%05d.json", file)
			owners := 0
			for i := range n {
				if (Shard{i + 1, n}).has(url) {
					owners++
					of[i]++
				}
			}
			if owners != 1 {
				t.Fatalf("%s is of %d shards of %d", url, owners, n)
			}
		}
		for i, files := range of {
			if files < 7000/n*8/10 {
				t.Errorf("shard %d/%d has %d of 7000 files", i+1, n, files)
			}
		}
	}
	for text, want := range map[string]Shard{"1/1": {1, 1}, "2/8": {2, 8}} {
		if got, err := ParseShard(text); err != nil || got != want || got.String() != text {
			t.Errorf("%s: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "1", "0/2", "3/2", "-1/2", "1/2/3", "a/b", "1/0"} {
		if got, err := ParseShard(text); err == nil {
			t.Errorf("%q: %v", text, got)
		}
	}
}
