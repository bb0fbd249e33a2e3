#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runtimes that make code, switch stacks and have signal handlers of their own: node, a JVM, Go with
# cgo, as far as they are installed. Output and status are as untraced, and each free is known.
. "$(dirname "$0")/../lib.sh"

ms_timeout=240
num_tried=0

try() {
	local name=$1

	shift
	"$@" >out.untraced 2>err.untraced </dev/null
	code=$?
	ms run -o listing -e 'wait exit' -e status -- "$@" </dev/null
	is "$status" "$code" "status of $name: $(tail -n 2 err)"
	cmp -s out out.untraced || fail "output of $name differs"
	has listing '^allocated: .* in [1-9][0-9]* calls' "allocations of $name"
	nothing_odd listing "$name"
	num_tried=$((num_tried + 1))
	echo "ok: $name: $(grep '^allocated: ' listing)"
}

if command -v node >/dev/null; then
	try node node -e 'const a = []; for (let i = 0; i < 2000; i++) a.push(Buffer.alloc(i));
console.log(a.length, JSON.stringify(a[7]), require("zlib").deflateSync("x".repeat(9999)).length);
process.exit(7)'
else
	echo "# node is not installed"
fi

if command -v java >/dev/null && command -v javac >/dev/null; then
	cat >Sum.java <<'END'
import java.util.zip.Deflater;
public class Sum {
	public static void main(String[] args) {
		long sum = 0;
		for (int i = 0; i < 50; i++) {
			Deflater d = new Deflater();
			d.setInput(new byte[1000 + i]);
			d.finish();
			sum += d.deflate(new byte[2000]);
			d.end();
		}
		System.out.println(sum);
		System.exit(5);
	}
}
END
	javac Sum.java || fail "Sum.java does not compile"
	try java java -Xint -Xmx64m Sum
else
	echo "# java is not installed"
fi

if command -v go >/dev/null; then
	mkdir go
	cat >go/main.go <<'END'
package main

/*
#include <stdlib.h>
static long fill(int n) {
	long sum = 0;
	for (int i = 0; i < n; i++) {
		char *p = malloc(i + 1);
		__asm__ volatile("" : "+r"(p));
		p[i] = (char)i;
		sum += p[i];
		if (i % 2) free(p);
	}
	return sum;
}
*/
import "C"
import (
	"fmt"
	"os"
	"sync"
)

func main() {
	var wg sync.WaitGroup
	sums := make([]int64, 8)
	for i := range sums {
		wg.Add(1)
		go func(i int) {
			defer wg.Done()
			sums[i] = int64(C.fill(C.int(200 + i)))
		}(i)
	}
	wg.Wait()
	fmt.Println(sums)
	os.Exit(9)
}
END
	(cd go && HOME=$dir GO111MODULE=off CGO_ENABLED=1 go build -o ../cgo main.go) 2>err ||
		fail "the program in Go does not compile: $(cat err)"
	try cgo ./cgo
	# C code runs on another stack than the function that has called it.
	ms run -o listing -e 'wait exit' -e 'top function --cumulative -n 50' -- ./cgo </dev/null
	has listing '^main\.main\.func1 \(cgo\): ' "the function in Go that calls C code"
else
	echo "# go is not installed"
fi
[ "$num_tried" -gt 0 ] || skip "neither node nor java nor go is installed"
