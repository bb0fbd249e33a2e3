# SPDX-License-Identifier: GPL-3.0-or-later
"""What the programs of scripts/field work on."""

SQL = """create table t(a integer primary key, b text, c real);
with recursive n(x) as (select 1 union all select x + 1 from n where x < 3000)
 insert into t select x, 'row number ' || x, x / 7.0 from n;
create index i on t(b);
select count(*), sum(a), max(b) from t where b like '%99%';
select a % 10 as k, count(*), group_concat(b) from t where a < 200 group by k order by k;
delete from t where a % 3 = 0;
vacuum;
select count(*) from t;
"""

POSTGRES = """create table t as select x, 'row ' || x as b from generate_series(1, 2000) x;
create index i on t(b);
select count(*), max(b) from t where b like '%9%';
select x % 10, count(*), string_agg(b, ',') from t group by 1 order by 1;
"""

SHELL = "a=(); for i in {1..3000}; do a+=($i); done; echo ${#a[@]} ${a[*]:5:9}"

PYTHON = """import json, re, collections
d = {str(i): [i, {'x': 'y' * (i % 50)}] for i in range(800)}
s = json.dumps(d)
assert json.loads(s) == d
print(len(s), collections.Counter(s).most_common(3))
"""

PERL = "my %h; $h{$_} = [$_, 'x' x ($_ % 70)] for 1..5000; print scalar(grep { $_ =~ /7/ } sort keys %h), qq(\\n);"

RUBY = ("h = {}; 3000.times { |i| h[i.to_s] = 'x' * (i % 90) }; "
        "puts h.values.map(&:size).sum, h.to_a.to_s.size")

PHP = """$a = []; for ($i = 0; $i < 5000; $i++) $a[] = str_repeat('x', $i % 90);
echo strlen(json_encode($a)), md5(serialize($a));"""

EMACS = """(progn (dotimes (i 3000) (insert (format "line %d\\n" i)))
 (sort-lines t (point-min) (point-max)) (message "%d" (buffer-size)))"""

NODE = """const a = [], z = require('zlib');
for (let i = 0; i < 300; i++) a.push(Buffer.alloc(9000, i));
z.deflate(Buffer.concat(a), (e, b) => console.log(b.length));
"""

NODE_BUFFERS = """const older = [], more = [];
for (let i = 0; i < 300; i++) older.push(Buffer.alloc(20000, 1));
require('readline').createInterface({input: process.stdin}).on('line', line => {
    if (line === 'work') for (let i = 0; i < 1000; i++) more.push(Buffer.alloc(20000, 2));
    console.log(process.memoryUsage().arrayBuffers);
});
"""

PYTHON_TRACEMALLOC = """import sys, tracemalloc
tracemalloc.start()
older, new = [bytearray(9000 + i) for i in range(1000)], []
for line in sys.stdin:
    if line == "work\\n":
        new += [bytearray(9500 + i) for i in range(2000)]
        del older[:]
    print(tracemalloc.get_traced_memory()[0], flush=True)
"""

C = "#include <stdio.h>\n#include <string.h>\n" + "".join(
    f"int f{i}(int a) {{ char b[64]; snprintf(b, 64, \"%d\", a); return b[0] * {i}; }}\n"
    for i in range(20))

CXX = """#include <map>
#include <string>
int f(int n) { std::map<std::string, int> m; m[std::to_string(n)]++; return m.size(); }
"""

RUST = """fn main() {
    let v: Vec<String> = (0..9).map(|i| format!("{}", i)).collect();
    println!("{:?}", v);
}
"""

GO = """package main

import "os/user"

func main() {
    for i := 0; i < 200; i++ {
        u, _ := user.LookupId("0")
        println(u.Name)
    }
}
"""

JAVA = """import java.util.*;
public class Main {
    public static void main(String[] words) throws Exception {
        Thread[] threads = new Thread[8];
        for (int i = 0; i < 8; i++) {
            threads[i] = new Thread(() -> {
                for (int k = 0; k < 50; k++) java.nio.ByteBuffer.allocateDirect(5000); });
            threads[i].start();
        }
        for (Thread t : threads) t.join();
        System.out.println("done");
    }
}
"""

JAVA_BUFFERS = """import java.io.*;
import java.lang.management.*;
import java.nio.*;
import java.util.*;
public class Main {
    public static void main(String[] words) throws Exception {
        List<ByteBuffer> all = new ArrayList<>();
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
        for (int i = 0; i < 300; i++) all.add(ByteBuffer.allocateDirect(20000));
        for (String line; (line = in.readLine()) != null; ) {
            if (line.equals("work"))
                for (int i = 0; i < 1000; i++) all.add(ByteBuffer.allocateDirect(20000));
            for (BufferPoolMXBean pool
                    : ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class))
                if (pool.getName().equals("direct")) System.out.println(pool.getMemoryUsed());
        }
    }
}
"""

# Frees through all forms of delete, in several threads.
STATIC_CXX = """#include <cstdio>
#include <map>
#include <string>
#include <thread>
int work(int n)
{
    std::map<int, std::string> m;
    for (int i = 0; i < n; i++)
        m[i * 7 % 1000] += std::to_string(i) + "is a number";
    return m.size();
}
int main()
{
    std::thread a(work, 3000), b(work, 3000);
    a.join();
    b.join();
    printf("%d\\n", work(5000));
}
"""

MUSL = """#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
static void *work(void *arg)
{
    void *p[50] = {0};
    for (int i = 0; i < 5000; i++) {
        p[i % 50] = realloc(p[i % 50], i);
        if (i % 3 == 0) {
            free(p[i % 50]);
            p[i % 50] = malloc(9);
        }
    }
    for (int i = 0; i < 50; i++)
        free(p[i]);
    return arg;
}
int main(void)
{
    pthread_t t[4];
    for (int i = 0; i < 4; i++)
        pthread_create(&t[i], 0, work, 0);
    for (int i = 0; i < 4; i++)
        pthread_join(t[i], 0);
    puts("done");
}
"""

# 2,000 blocks, each replaced by another of the same size, twice.
CACHE = """#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#define NUM 2000
static void *blocks[NUM];
int main(void)
{
    char line[100];
    for (int i = 0; i < NUM; i++)
        blocks[i] = malloc(1000);
    while (fgets(line, sizeof(line), stdin)) {
        for (int i = 0; strcmp(line, "work\\n") == 0 && i < 2 * NUM; i++) {
            free(blocks[i % NUM]);
            blocks[i % NUM] = malloc(1000);
        }
        printf("%d\\n", NUM * 1000);
        fflush(stdout);
    }
}
"""
