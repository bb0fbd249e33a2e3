// SPDX-License-Identifier: GPL-3.0-or-later
// Sites are summed up by stack. Each stack then walks its way down the tree, which grows by what is
// not there yet, and leaves its numbers at the last node. At the end the numbers go up to the root.
#include "config.h"

#include "heap/tree.h"

#include "heap/queries/filter_matcher.h"
#include "heap/queries/places.h"
#include "heap/queries/stats_internal.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

/** In place of the id of a place. */
#define PLACE_MISSING UINT32_MAX

/** The numbers of a stack. */
struct sums {
	int64_t size;
	int64_t count;
	int64_t total_size;
	int64_t total_count;
	struct variance variance;
	uint64_t weight;
	bool is_met;
};

/** Where a place was met on the way down. */
struct mark {
	uint32_t node;
	uint32_t depth;
};

struct building {
	const struct tree_options *options;
	const struct snapshot *old_snapshot;
	const struct snapshot *new_snapshot;
	struct namer *namer;
	struct places places;
	struct filter_matcher *matcher;
	/** By stack. */
	struct sums *stacks;
	struct tree *tree;
	VEC(struct tree_node) nodes;
	/** parent << 32 | place -> node. */
	struct hmap index;
	/** is_cumulative: the nodes on the way down, and the mark of each place. */
	VEC(uint32_t) way;
	VEC(struct mark) marks;
};

static int64_t value_by(enum stats_sort sort, int64_t size, int64_t count, int64_t total_size,
			int64_t total_count)
{
	switch (sort) {
	case SORT_COUNT:
		return count;
	case SORT_ALLOCATED:
		return total_size;
	case SORT_CALLS:
		return total_count;
	default:
		return size;
	}
}

int64_t tree_value(const struct tree *tree, const struct tree_node *node)
{
	return value_by(tree->sort, node->size, node->count, node->total_size, node->total_count);
}

double tree_share(const struct tree *tree, const struct tree_node *node)
{
	uint64_t all = tree->nodes[0].weight;

	return all ? 100.0 * (double)tree_value(tree, node) / (double)all : 0;
}

static uint64_t magnitude(int64_t value)
{
	return value < 0 ? -(uint64_t)value : (uint64_t)value;
}

static void add_numbers(struct sums *sums, const struct snapshot_site *site, int sign)
{
	if (!site)
		return;
	sums->size += sign * (int64_t)site->live_bytes;
	sums->count += sign * (int64_t)site->live_blocks;
	sums->total_size += sign * (int64_t)site->total_bytes;
	sums->total_count += sign * (int64_t)site->total_blocks;
}

/** Of a site: its places in the snapshots, SIZE_MAX where it is not. */
static struct err *add_site(struct building *b, uint32_t id, size_t old_at, size_t new_at)
{
	const struct snapshot *old = b->old_snapshot, *new = b->new_snapshot;
	const struct alloc_site *site = heap_alloc_site(new->heap, id);
	struct sums *sums = &b->stacks[site->stack];
	struct noise noise;
	bool is_passing;
	struct err *err = filter_matcher_passes(b->matcher, site, &is_passing);

	if (err || !is_passing)
		return err;
	sums->is_met = true;
	add_numbers(sums, old_at == SIZE_MAX ? NULL : &old->sites[old_at], -1);
	add_numbers(sums, new_at == SIZE_MAX ? NULL : &new->sites[new_at], 1);
	if (b->tree->sample_rate) {
		noise = noise_of(old, old_at, new, new_at);
		variance_add(&sums->variance, old ? &noise.diff : &noise.live);
	}
	return NULL;
}

// Both lists ascend by site.
static struct err *add_sites(struct building *b)
{
	const struct snapshot *old = b->old_snapshot, *new = b->new_snapshot;
	size_t num_old = old ? old->num_sites : 0, o = 0, n = 0;
	struct err *err = NULL;

	while (!err && (o < num_old || n < new->num_sites)) {
		uint32_t old_id = o < num_old ? old->sites[o].site : UINT32_MAX;
		uint32_t new_id = n < new->num_sites ? new->sites[n].site : UINT32_MAX;
		uint32_t id = old_id < new_id ? old_id : new_id;

		err = add_site(b, id, old_id == id ? o : SIZE_MAX, new_id == id ? n : SIZE_MAX);
		o += old_id == id;
		n += new_id == id;
	}
	return err;
}

/** The child of a node at a place, made if it is new. */
static struct err *step(struct building *b, uint32_t parent, uint32_t place, uint32_t *ret)
{
	uint64_t key = (uint64_t)parent << 32 | place, *found = hmap_find(&b->index, key);
	struct tree_node node = {.kind = TREE_MISSING, .parent = parent};

	if (found) {
		*ret = *found;
		return NULL;
	}
	if (place != PLACE_MISSING) {
		node.kind = TREE_PLACE;
		node.location = b->places.items.items[place].location;
		node.frame = b->places.items.items[place].frame;
	}
	*ret = b->nodes.num;
	return vec_push(&b->nodes, node) && hmap_set(&b->index, key, *ret) ? NULL : &err_nomem;
}

/** A place that is on the way down already: back to it. Else one step on. *node is where we are. */
static struct err *step_once(struct building *b, uint32_t place, uint32_t *node)
{
	struct mark *mark;
	struct err *err;

	while (b->marks.num < b->places.items.num)
		if (!vec_push(&b->marks, (struct mark){0}))
			return &err_nomem;
	mark = &b->marks.items[place];
	if (mark->node && mark->depth < b->way.num && b->way.items[mark->depth] == mark->node) {
		b->way.num = mark->depth + 1;
		*node = mark->node;
		return NULL;
	}
	err = step(b, *node, place, node);
	if (err)
		return err;
	*mark = (struct mark){*node, b->way.num};
	return vec_push(&b->way, *node) ? NULL : &err_nomem;
}

static bool lacks_outer(const struct stack *stack)
{
	return stack->flags & STACK_TRUNCATED || stack->total_nframe > stack->num_frames;
}

static void node_add(struct tree_node *node, const struct sums *sums)
{
	node->size += sums->size;
	node->count += sums->count;
	node->total_size += sums->total_size;
	node->total_count += sums->total_count;
	node->weight += sums->weight;
	variance_add(&node->variance, &sums->variance);
}

static struct err *add_stack(struct building *b, uint32_t id)
{
	struct stack stack = stacks_get(heap_stacks(b->new_snapshot->heap), id);
	const struct tree_options *options = b->options;
	struct err *err = places_of(&b->places, &stack);
	uint32_t node = 0;
	size_t num = b->places.path.num, i;

	b->way.num = 0;
	if (!err && !options->is_inverted && lacks_outer(&stack))
		err = step(b, 0, PLACE_MISSING, &node);
	for (i = 0; i < num && !err; i++) {
		uint32_t place = b->places.path.items[options->is_inverted ? i : num - 1 - i];

		err = options->query->is_cumulative ? step_once(b, place, &node)
						    : step(b, node, place, &node);
	}
	if (!err)
		node_add(&b->nodes.items[node], &b->stacks[id]);
	return err;
}

static struct err *add_stacks(struct building *b)
{
	size_t num = stacks_num(heap_stacks(b->new_snapshot->heap)), i;
	struct err *err = NULL;

	for (i = 0; i < num && !err; i++) {
		struct sums *sums = &b->stacks[i];

		sums->weight = magnitude(value_by(b->options->sort, sums->size, sums->count,
						  sums->total_size, sums->total_count));
		// Nothing of it is left, or nothing has changed, but for what orders.
		if (sums->is_met && (sums->size || sums->count || sums->weight))
			err = add_stack(b, i);
	}
	return err;
}

static struct err *add_older(struct building *b)
{
	const struct snapshot *snapshots[] = {b->new_snapshot, b->old_snapshot};
	bool is_diff = b->old_snapshot != NULL;
	struct tree_node node = {.kind = TREE_OLDER};
	struct older_sum sums[2] = {0};
	struct err *err = snapshots_sum_older(snapshots, is_diff ? 2 : 1, sums);

	if (err)
		return err;
	b->tree->older = stats_older_of(&sums[0], &sums[1]);
	node.size = -b->tree->older.size;
	node.count = -b->tree->older.blocks;
	node.weight = magnitude(value_by(b->options->sort, node.size, node.count, 0, 0));
	if (!node.count || !(is_diff || b->options->query->want_all) ||
	    !filter_matcher_passes_older(b->matcher))
		return NULL;
	return vec_push(&b->nodes, node) ? NULL : &err_nomem;
}

/** What a node has beside its children becomes a child. */
static struct err *add_own(struct building *b)
{
	size_t num = b->nodes.num, i;

	for (i = 1; i < num; i++)
		b->nodes.items[b->nodes.items[i].parent].num_children++;
	for (i = 0; i < num; i++) {
		struct tree_node *node = &b->nodes.items[i], own = *node;

		if (!node->num_children || (!own.size && !own.count && !own.weight))
			continue;
		own = (struct tree_node){.kind = TREE_OWN,
					 .parent = i,
					 .size = own.size,
					 .count = own.count,
					 .total_size = own.total_size,
					 .total_count = own.total_count,
					 .variance = own.variance,
					 .weight = own.weight};
		node->size = node->count = node->total_size = node->total_count = 0;
		node->variance = (struct variance){0};
		node->weight = 0;
		node->num_children++;
		if (!vec_push(&b->nodes, own))
			return &err_nomem;
	}
	return NULL;
}

/** Children come behind their parents, so each has its sums before they are added. */
static void sum_up(struct building *b)
{
	size_t i;

	for (i = b->nodes.num; i-- > 1;) {
		const struct tree_node *node = &b->nodes.items[i];
		struct sums sums = {node->size,
				    node->count,
				    node->total_size,
				    node->total_count,
				    node->variance,
				    node->weight,
				    true};

		node_add(&b->nodes.items[node->parent], &sums);
	}
}

static int compare_places(const struct strtab *strings, const struct tree_node *a,
			  const struct tree_node *b)
{
	int order = (int)a->kind - (int)b->kind;

	if (!order)
		order = strcmp(strtab_get(strings, a->location.file),
			       strtab_get(strings, b->location.file));
	if (!order)
		order = (a->location.line > b->location.line) -
			(a->location.line < b->location.line);
	return order ? order
		     : strcmp(strtab_get(strings, a->location.function),
			      strtab_get(strings, b->location.function));
}

static int compare(const void *a, const void *b, void *ctx)
{
	const struct tree *tree = ctx;
	const struct tree_node *na = &tree->nodes[*(const uint32_t *)a];
	const struct tree_node *nb = &tree->nodes[*(const uint32_t *)b];
	uint64_t va = magnitude(tree_value(tree, na)), vb = magnitude(tree_value(tree, nb));

	if (na->parent != nb->parent)
		return na->parent < nb->parent ? -1 : 1;
	if (va != vb)
		return va > vb ? -1 : 1;
	return compare_places(tree->strings, na, nb);
}

static struct err *order(struct building *b)
{
	struct tree *tree = b->tree;
	size_t i;

	tree->nodes = b->nodes.items;
	tree->num_nodes = b->nodes.num;
	b->nodes.items = NULL;
	tree->children = malloc((tree->num_nodes + 1) * sizeof(*tree->children));
	if (!tree->children)
		return &err_nomem;
	for (i = 1; i < tree->num_nodes; i++)
		tree->children[i - 1] = i;
	qsort_r(tree->children, tree->num_nodes - 1, sizeof(*tree->children), compare, tree);
	for (i = tree->num_nodes - 1; i-- > 0;)
		tree->nodes[tree->nodes[tree->children[i]].parent].first_child = i;
	return NULL;
}

static struct err *build(struct building *b, const struct resolver *resolver)
{
	const struct heap *heap = b->new_snapshot->heap;
	const struct stats_options *query = b->options->query;
	struct err *err = namer_create(resolver, query->skip, stats_want_newest(query), &b->namer);

	if (!err)
		err = filter_matcher_create(query->filters, heap, resolver, b->namer, &b->matcher);
	if (!err)
		err = places_init(&b->places, b->namer, heap_stacks(heap));
	b->stacks = calloc(stacks_num(heap_stacks(heap)) + 1, sizeof(*b->stacks));
	if (!err && (!b->stacks || !vec_push(&b->nodes, (struct tree_node){0})))
		err = &err_nomem;
	if (!err)
		err = add_sites(b);
	if (!err)
		err = add_stacks(b);
	if (!err)
		err = add_older(b);
	if (!err)
		err = add_own(b);
	if (err)
		return err;
	sum_up(b);
	return order(b);
}

struct err *tree_create(const struct snapshot *old_snapshot, const struct snapshot *new_snapshot,
			const struct tree_options *options, const struct resolver *resolver,
			struct tree **ret)
{
	_cleanup_tree_ struct tree *tree = calloc(1, sizeof(*tree));
	struct building b = {.options = options,
			     .old_snapshot = old_snapshot,
			     .new_snapshot = new_snapshot,
			     .tree = tree};
	struct err *err;

	assert(!old_snapshot || old_snapshot->heap == new_snapshot->heap);
	if (!tree)
		return &err_nomem;
	*tree = (struct tree){.sort = options->sort,
			      .is_inverted = options->is_inverted,
			      .is_diff = old_snapshot != NULL,
			      .sample_rate = noise_rate(old_snapshot, new_snapshot),
			      .strings = resolver->strings};
	err = build(&b, resolver);
	filter_matcher_destroy(b.matcher);
	namer_destroy(b.namer);
	places_deinit(&b.places);
	free(b.stacks);
	vec_deinit(&b.nodes);
	hmap_deinit(&b.index);
	vec_deinit(&b.way);
	vec_deinit(&b.marks);
	if (err)
		return err;
	*ret = no_cleanup_ptr(tree);
	return NULL;
}

void tree_destroy(struct tree *tree)
{
	if (!tree)
		return;
	free(tree->nodes);
	free(tree->children);
	free(tree);
}
