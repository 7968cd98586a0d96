// Allocates on each line of its standard input, and tells the totals that its runtime counts.
package main

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
)

var sink [][]byte

func main() {
	lines := bufio.NewScanner(os.Stdin)
	fmt.Println("ready")
	for lines.Scan() {
		for i := 0; i < 20000; i++ {
			sink = append(sink, make([]byte, 1000))
			if i%100 == 0 {
				sink = append(sink, make([]byte, 100000))
			}
		}
		sink = nil
		runtime.GC()
		var now runtime.MemStats
		runtime.ReadMemStats(&now)
		fmt.Println(now.TotalAlloc, now.Mallocs)
	}
}
