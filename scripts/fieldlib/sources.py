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
    // The older ones are used, or they would be collected.
    console.log(process.memoryUsage().arrayBuffers + 0 * older.length);
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

# Servers of the user's own, in the idiom of their language. At each "work" they keep 1,500 values
# of 2,000 bytes, under functions whose names the rows must show. What they tell is what the
# allocator counts.
CXX_SERVER = """#include <cstdio>
#include <iostream>
#include <malloc.h>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>
struct Session {
    std::string text;
    std::vector<char> buffer;
};
class Store {
    std::map<int, std::string> names;
    std::unordered_map<std::string, std::shared_ptr<Session>> sessions;
public:
    void remember_name(int i) { names[i].assign(2000, 'n'); }
    void open_session(int i)
    {
        auto session = std::make_shared<Session>();
        session->text = std::string(2000, 't');
        sessions[std::to_string(i)] = session;
    }
    void fill_buffer(int i) { sessions[std::to_string(i)]->buffer.resize(2000); }
};
static Store store;
static int next_id;
static void serve()
{
    for (int i = 0; i < 500; i++) {
        store.remember_name(++next_id);
        store.open_session(next_id);
        store.fill_buffer(next_id);
    }
}
int main()
{
    serve();
    for (std::string line; std::getline(std::cin, line); ) {
        if (line == "work")
            serve();
        std::cout << mallinfo2().uordblks << std::endl;
    }
}
"""

RUST_SERVER = """use std::collections::{BTreeMap, HashMap};
use std::io::BufRead;
#[repr(C)]
struct Info([usize; 10]);
extern "C" { fn mallinfo2() -> Info; }
#[derive(Default)]
struct Store { names: BTreeMap<usize, String>, sessions: HashMap<usize, Vec<u8>>, log: Vec<String> }
impl Store {
    #[inline(never)]
    fn remember_name(&mut self, id: usize) { self.names.insert(id, "n".repeat(2000)); }
    #[inline(never)]
    fn open_session(&mut self, id: usize) { self.sessions.entry(id).or_default().resize(2000, 1); }
    #[inline(never)]
    fn write_log(&mut self, id: usize) { self.log.push(format!("{:2000}", id)); }
}
fn serve(store: &mut Store) {
    for _ in 0..500 {
        let id = store.names.len();
        store.remember_name(id);
        store.open_session(id);
        store.write_log(id);
    }
}
fn main() {
    let mut store = Store::default();
    serve(&mut store);
    for line in std::io::stdin().lock().lines() {
        if line.unwrap() == "work" { serve(&mut store); }
        println!("{}", unsafe { mallinfo2() }.0[7]);
    }
}
"""

GLIB_SERVER = """#include <glib.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
static GHashTable *names;
static GPtrArray *sessions;
static GList *history;
static void __attribute__((noinline)) remember_name(int i)
{
    g_hash_table_insert(names, g_strdup_printf("%d", i), g_strnfill(2000, 'n'));
}
static void __attribute__((noinline)) open_session(void)
{
    g_ptr_array_add(sessions, g_malloc0(2000));
}
static void __attribute__((noinline)) write_history(int i)
{
    history = g_list_prepend(history, g_strdup_printf("%2000d", i));
}
static void serve(void)
{
    static int i;
    for (int end = i + 500; i < end; i++) {
        remember_name(i);
        open_session();
        write_history(i);
    }
}
int main(void)
{
    char line[100];
    names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    sessions = g_ptr_array_new();
    serve();
    while (fgets(line, sizeof(line), stdin)) {
        if (strcmp(line, "work\\n") == 0)
            serve();
        printf("%zu\\n", mallinfo2().uordblks);
        fflush(stdout);
    }
}
"""

# Pictures, texts and a hash, without a screen.
QT_SERVER = """#include <QGuiApplication>
#include <QHash>
#include <QImage>
#include <QVector>
#include <iostream>
#include <malloc.h>
#include <string>
class Album {
    QVector<QImage> pictures;
    QHash<int, QByteArray> captions;
    QStringList titles;
public:
    void add_picture() { pictures.append(QImage(40, 20, QImage::Format_RGB32)); }
    void set_caption(int i) { captions.insert(i, QByteArray(2000, 'c')); }
    void add_title() { titles.append(QString(1000, QChar('t'))); }
};
static Album album;
static void serve()
{
    static int i;
    for (int end = i + 500; i < end; i++) {
        album.add_picture();
        album.set_caption(i);
        album.add_title();
    }
}
int main(int argc, char **argv)
{
    QGuiApplication application(argc, argv);
    serve();
    for (std::string line; std::getline(std::cin, line); ) {
        application.processEvents();
        if (line == "work")
            serve();
        std::cout << mallinfo2().uordblks << std::endl;
    }
}
"""

# jemalloc by its own name; the blocks fill a size class.
JEMALLOC_SERVER = """#include <jemalloc/jemalloc.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
static void *volatile kept;
static void __attribute__((noinline)) keep_page(void)
{
    kept = mallocx(10240, 0);
}
int main(void)
{
    char line[100];
    while (fgets(line, sizeof(line), stdin)) {
        uint64_t epoch = 1;
        size_t size = sizeof(epoch), bytes = 0;
        for (int i = 0; strcmp(line, "work\\n") == 0 && i < 1000; i++)
            keep_page();
        mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
        mallctl("epoch", &epoch, &size, &epoch, size);
        size = sizeof(bytes);
        mallctl("stats.allocated", &bytes, &size, NULL, 0);
        printf("%zu\\n", bytes);
        fflush(stdout);
    }
}
"""

PHP_STRINGS = """$older = []; $more = []; $bytes = 0;
while (($line = fgets(STDIN)) !== false) {
    if ($line === "work\\n")
        for ($i = 0; $i < 1000; $i++) {
            $more[] = str_repeat('x', 20000 + $i);
            $bytes += 20000 + $i;
        }
    echo $bytes, "\\n";
}
"""

PERL_STRINGS = """$| = 1; my (@more, $bytes); $bytes = 0;
sub keep { my $text = 'x' x $_[0]; push @more, $text; $bytes += $_[0] }
while (my $line = <STDIN>) {
    if ($line eq "work\\n") { keep(20000 + $_) for 0 .. 999 }
    print "$bytes\\n";
}
"""

RUBY_STRINGS = """$stdout.sync = true
more, bytes = [], 0
while line = STDIN.gets
  1000.times { |i| more << 'x' * (20000 + i); bytes += 20000 + i } if line == "work\\n"
  puts bytes
end
"""
