/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Included by hf_lookup.h. The same search as in hf_lookup_goto.h, a function for each loop that has no small
 * bound. Tags are not looked at: what they spare is little beside these calls.
 */
#ifndef HF_LOOKUP_LOOP_H
#define HF_LOOKUP_LOOP_H

/* More turns than any blob takes. */
enum { HF_TURNS = 1 << 20 };

struct hf_walk {
	const __u8 *blob;
	const struct hf_table *table;
	struct hf_stat *stat;
	__u64 x;
	__u64 ip[4];			/* IPv4: all in the first */
	__u64 common;			/* tuples of the word at hand that are left */
	__u32 src_row;
	__u32 dst_row;
	__u32 left;			/* words */
	__u32 base;			/* number of the word's first tuple */
	__u32 at;			/* in a list */
	__u32 best;
	__u32 floor;
	__u32 zero;
	__u64 won;			/* upper bound of the best */
};

static long hf_list_turn(__u32 turn, struct hf_walk *walk)
{
	const __u8 *blob = walk->blob;
	__u32 mask = hf_blob_mask;
	const struct hf_entry *entry = HF_AT(blob, struct hf_entry, walk->at);

	(void)turn;
	if (entry->rank >= walk->best)
		return 1;
	if (entry->rank >= walk->floor && hf_in_box(walk->x, entry->lo, entry->hi)) {
		walk->best = entry->rank;
		walk->won = entry->hi;
		return 1;
	}
	walk->at += sizeof(*entry);
	return !!entry->last;
}

/* What the lines of one pair make of `best`. */
static __always_inline void hf_match(struct hf_walk *walk, const __u8 *blob, __u32 mask, __u64 lo,
				     __u64 hi, __u32 rank, __u32 next)
{
	if (rank >= walk->best)
		return;
	if (rank >= walk->floor && hf_in_box(walk->x, lo, hi)) {
		walk->best = rank;
		walk->won = hi;
		return;
	}
	if (!next)
		return;
	walk->at = hf_list(blob, mask, walk->table, next, walk->x);
	if (walk->at)
		bpf_loop(HF_TURNS, hf_list_turn, walk, 0);
}

/* The next word of the rows; 1 when there is none. */
static __always_inline long hf_next_word(struct hf_walk *walk, const __u8 *blob, __u32 mask)
{
	if (!walk->left)
		return 1;
	walk->left--;
	walk->common = HF_U64(blob, walk->src_row) & HF_U64(blob, walk->dst_row);
	walk->src_row += 8;
	walk->dst_row += 8;
	walk->base += 64;
	return 0;
}

static long hf_turn4(__u32 turn, struct hf_walk *walk)
{
	const __u8 *blob = walk->blob;
	const struct hf_table *table = walk->table;
	__u32 mask = hf_blob_mask, number, at;
	const struct hf_tuple4 *tuple;
	const struct hf_slot4 *slot;
	__u64 key;

	(void)turn;
	if (!walk->common)
		return hf_next_word(walk, blob, mask);
	number = walk->base + hf_lowest(walk->common);
	walk->common &= walk->common - 1;
	tuple = HF_AT(blob, struct hf_tuple4, table->tuples + number * 16);
	if (tuple->min_rank >= walk->best)
		return 1;
	key = walk->ip[0] & tuple->mask;
	at = table->slots + hf_place(table, hf_mix(key + tuple->seed) >> 32) * 32;
	for (__u32 i = 0; i < HF_MAX_PROBE; i++) {
		slot = HF_AT(blob, struct hf_slot4, at);
		if (slot->ip == key && slot->lo >> HF_BOX_TUPLE == number)
			break;
		if (slot->lo == ~0ULL)
			return 0;
		at += sizeof(*slot);
	}
	slot = HF_AT(blob, struct hf_slot4, at);
	hf_match(walk, blob, mask, slot->lo, slot->hi, slot->rank, slot->next);
	return 0;
}

static long hf_turn6(__u32 turn, struct hf_walk *walk)
{
	const __u8 *blob = walk->blob;
	const struct hf_table *table = walk->table;
	__u32 mask = hf_blob_mask, number, at;
	const struct hf_tuple6 *tuple;
	const struct hf_slot6 *slot;
	__u64 a, b, c, d;

	(void)turn;
	if (!walk->common)
		return hf_next_word(walk, blob, mask);
	number = walk->base + hf_lowest(walk->common);
	walk->common &= walk->common - 1;
	tuple = HF_AT(blob, struct hf_tuple6, table->tuples + number * 64);
	if (tuple->min_rank >= walk->best)
		return 1;
	a = walk->ip[0] & tuple->mask[0];
	b = walk->ip[1] & tuple->mask[1];
	c = walk->ip[2] & tuple->mask[2];
	d = walk->ip[3] & tuple->mask[3];
	at = table->slots + hf_place(table, hf_hash6(a, b, c, d, tuple->seed) >> 32) * 64;
	for (__u32 i = 0; i < HF_MAX_PROBE; i++) {
		slot = HF_AT(blob, struct hf_slot6, at);
		if (slot->ip[0] == a && slot->ip[1] == b && slot->ip[2] == c && slot->ip[3] == d &&
		    slot->lo >> HF_BOX_TUPLE == number)
			break;
		if (slot->lo == ~0ULL)
			return 0;
		at += sizeof(*slot);
	}
	slot = HF_AT(blob, struct hf_slot6, at);
	hf_match(walk, blob, mask, slot->lo, slot->hi, slot->rank, slot->next);
	return 0;
}

/* 1 when `best` decides; else the search goes on behind it. */
static __always_inline long hf_decides(struct hf_walk *walk)
{
	if (!hf_continues(walk->best))
		return 1;
	walk->floor = hf_pass_by(walk->stat, walk->best);
	return 0;
}

static __always_inline void hf_begin(struct hf_walk *walk)
{
	walk->best = HF_NONE;
	walk->won = 0;
	walk->common = 0;
	walk->left = walk->table->words;
	walk->base = walk->table->minus_64;
}

static long hf_again4(__u32 turn, struct hf_walk *walk)
{
	const __u8 *blob = walk->blob;
	const struct hf_table *table = walk->table;
	__u32 mask = hf_blob_mask, any = table->minus_64;
	__u32 nodes = table->nodes;
	__u32 src = walk->ip[0] >> 32, dst = walk->ip[0];

	(void)turn;
	walk->src_row = hf_descend4(
		blob, mask, HF_U32(blob, table->src_root + (src >> (table->src_shift & 31)) * 4),
		nodes, src, any);
	walk->dst_row = hf_descend4(
		blob, mask, HF_U32(blob, table->dst_root + (dst >> (table->dst_shift & 31)) * 4),
		nodes, dst, any);
	hf_begin(walk);
	bpf_loop(HF_TURNS, hf_turn4, walk, 0);
	return hf_decides(walk);
}

static long hf_again6(__u32 turn, struct hf_walk *walk)
{
	const __u8 *blob = walk->blob;
	const struct hf_table *table = walk->table;
	__u32 mask = hf_blob_mask;

	(void)turn;
	walk->src_row = hf_row6(blob, mask, table, table->src_root, table->src_shift,
				bpf_be64(walk->ip[0]), bpf_be64(walk->ip[1]));
	walk->dst_row = hf_row6(blob, mask, table, table->dst_root, table->dst_shift,
				bpf_be64(walk->ip[2]), bpf_be64(walk->ip[3]));
	hf_begin(walk);
	bpf_loop(HF_TURNS, hf_turn6, walk, 0);
	return hf_decides(walk);
}

static __always_inline __u64 hf_search4(const __u8 *blob, __u32 mask, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, struct hf_stat *stat)
{
	struct hf_walk walk = { .blob = blob, .table = table, .stat = stat, .x = x };

	(void)mask;
	walk.ip[0] = (__u64)src << 32 | dst;
	walk.best = HF_NONE;
	stat->passes = 0;
	bpf_loop(HF_TURNS, hf_again4, &walk, 0);
	return hf_answer_of(walk.best, walk.won);
}

static __always_inline __u64 hf_search6(const __u8 *blob, __u32 mask, const struct hf_table *table,
					const __u64 *ip, __u64 x, struct hf_stat *stat)
{
	struct hf_walk walk = { .blob = blob, .table = table, .stat = stat, .x = x };

	(void)mask;
	walk.ip[0] = ip[0];
	walk.ip[1] = ip[1];
	walk.ip[2] = ip[2];
	walk.ip[3] = ip[3];
	walk.best = HF_NONE;
	stat->passes = 0;
	bpf_loop(HF_TURNS, hf_again6, &walk, 0);
	return hf_answer_of(walk.best, walk.won);
}

#endif
