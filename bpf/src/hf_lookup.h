/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * The line that decides: hf_search4() and hf_search6() answer with its rank word, HF_NONE when there is none, and
 * above it the slot of its counter. Continuing lines are noted in `stat` and the search goes on behind them.
 *
 * There are two ways to loop. Kernels from 6.9 on take any loop with may_goto in it (hf_lookup_goto.h); those from 5.17
 * on have bpf_loop(), which calls a function for each turn (hf_lookup_loop.h, built with HF_BPF_LOOP). What both need
 * is here.
 */
#ifndef HF_LOOKUP_H
#define HF_LOOKUP_H

#include "hf_blob.h"

enum { HF_TCP = 6, HF_UDP = 17, HF_ICMP = 1, HF_ICMP6 = 58 };

/* Asked of a copy: a verifier that saw the number itself compared would follow it from there. */
static __always_inline int hf_is_value(__u32 entry)
{
	__u32 flag = entry >> 31;

	barrier_var(flag);
	return flag;
}

static __always_inline __u64 hf_mix(__u64 value)
{
	value ^= value >> 32;
	return value * HF_GOLDEN;
}

static __always_inline __u64 hf_hash6(__u64 a, __u64 b, __u64 c, __u64 d, __u64 seed)
{
	return hf_mix(hf_mix(a + (b ^ b >> 32) * HF_SALT) + c + (d ^ d >> 32) * HF_SALT + seed);
}

/* Any number of slots, not only powers of two, without a division. */
static __always_inline __u32 hf_place(const struct hf_table *table, __u32 hash)
{
	return (__u64)hash * table->slot_count >> 32;
}

#define HF_EACH_TOP 0x8080808080808080ULL

/* Of 8 tags, those that are this one's, before the first empty slot: the top bit of their bytes. */
static __always_inline __u64 hf_candidates(__u64 tags, __u32 hash)
{
	__u64 other = tags ^ ((hash & HF_TAG_HASH) | HF_TAG) * 0x0101010101010101ULL;
	__u64 empty = ~tags & HF_EACH_TOP;

	/* A byte that differs by less than the top bit takes it away; empty slots only spoil what lies behind them. */
	return (HF_EACH_TOP - other) & HF_EACH_TOP & (empty - 1) & ~empty;
}

#define HF_VALS(type) ((__u32)__builtin_offsetof(type, vals))

/*
 * Levels of a tree: 6 hold what 16 bits behind the largest IPv4 root can tell apart, 8 hold 16 million intervals.
 */
#ifdef HF_BPF_LOOP
#define HF_DESCENT(levels) for (__u32 level = 0; level < (levels); level++)
#define HF_TURN
#else
#define HF_DESCENT(levels) for (;;)
#define HF_TURN cond_break
#endif

/*
 * From a root's entry down to what a leaf holds. Flags above an offset are left where they are: HF_AT masks them away,
 * and a verifier that saw them go would start to follow the number. `any` is a number it knows nothing about.
 */
static __always_inline __u32 hf_descend4(const __u8 *blob, __u32 mask, __u32 entry, __u32 nodes,
					 __u32 key, __u32 any)
{
	__u32 at = entry, value = any;

	if (hf_is_value(entry))
		return entry;
	HF_DESCENT(6) {
		const struct hf_node4 *node;
		__u32 base, count, here = nodes + at * (__u32)sizeof(*node);

		HF_TURN;
		node = HF_AT(blob, struct hf_node4, here);
		base = node->base;
		count = hf_count4(node, key);
		if (hf_is_value(base)) {
			value = HF_U32(blob, here + HF_VALS(struct hf_node4) + count * 4);
			break;
		}
		at = base + count;
	}
	return value;
}

#ifdef HF_BPF_LOOP
/* Down one tree of halves of addresses, from a node. */
static __always_inline __u32 hf_half6(const __u8 *blob, __u32 mask, __u32 from, __u32 nodes,
				      __u64 key, __u32 any)
{
	__u32 at = from, value = any;

	for (__u32 level = 0; level < 8; level++) {
		const struct hf_node6 *node;
		__u32 base, count, here = nodes + at * (__u32)sizeof(*node);

		node = HF_AT(blob, struct hf_node6, here);
		base = node->base;
		count = hf_count6(node, key);
		if (hf_is_value(base)) {
			value = HF_U32(blob, here + HF_VALS(struct hf_node6) + count * 4);
			break;
		}
		at = base + count;
	}
	return value;
}

/* Two trees, one behind the other: a leaf of the upper half may name a node of the lower. */
static __always_inline __u32 hf_descend6(const __u8 *blob, __u32 mask, __u32 entry, __u32 nodes,
					 __u64 upper, __u64 lower, __u32 any)
{
	__u32 value;

	if (hf_is_value(entry))
		return entry;
	value = hf_half6(blob, mask, entry, nodes, upper, any);
	if (!hf_is_value(value))
		return value;
	return hf_half6(blob, mask, value, nodes, lower, any);
}

#else
/* Two trees, one behind the other: a leaf of the upper half may name a node of the lower. */
static __always_inline __u32 hf_descend6(const __u8 *blob, __u32 mask, __u32 entry, __u32 nodes,
					 __u64 upper, __u64 lower, __u32 any)
{
	__u32 at = entry, value = any;
	__u64 key = upper;

	if (hf_is_value(entry))
		return entry;
	for (;;) {
		const struct hf_node6 *node;
		__u32 base, count, here = nodes + at * (__u32)sizeof(*node);

		cond_break;
		node = HF_AT(blob, struct hf_node6, here);
		base = node->base;
		count = hf_count6(node, key);
		at = base + count;
		if (!hf_is_value(base))
			continue;
		value = HF_U32(blob, here + HF_VALS(struct hf_node6) + count * 4);
		if (!hf_is_value(value))
			break;
		at = value;
		key = lower;
	}
	return value;
}

#endif

static __always_inline __u32 hf_row6(const __u8 *blob, __u32 mask,
				     const struct hf_table *table, __u32 root, __u32 shift,
				     __u64 upper, __u64 lower)
{
	const struct hf_root6 *head = HF_AT(blob, struct hf_root6, root);
	__u64 index = (upper - head->first) >> (shift & 63);
	__u32 entry;

	if (unlikely(upper < head->first))
		entry = head->below;
	else if (unlikely(index >= head->entries))
		entry = head->above;
	else
		entry = HF_U32(blob, root + (__u32)sizeof(*head) + (__u32)index * 4);
	return hf_descend6(blob, mask, entry, table->nodes, upper, lower,
			   table->minus_64);
}

static __always_inline __u32 hf_class(const __u8 *blob, __u32 mask, __u32 root, __u32 port,
				      __u32 any)
{
	const struct hf_portroot *head = HF_AT(blob, struct hf_portroot, root);
	__u32 entry = HF_U32(blob, root + (__u32)sizeof(*head) + (port >> 8) * 4);

	return hf_descend4(blob, mask, entry, head->nodes, port, any);
}

/* Where the list is that the lines behind the inline one of a pair are in; 0: nowhere. */
static __always_inline __u32 hf_list(const __u8 *blob, __u32 mask,
				     const struct hf_table *table, __u32 next, __u64 x)
{
	__u32 offset = next;
	__u32 protocol = (x >> HF_BOX_PROTO) & 0xff, kind = 12, class;

	if (!(next & HF_NEXT_CLASSES))
		return offset;
	if (protocol == HF_TCP)
		kind = 0;
	else if (protocol == HF_UDP)
		kind = 4;
	else if (protocol == HF_ICMP || protocol == HF_ICMP6)
		kind = 8;
	offset = HF_U32(blob, offset + kind);
	if (next & HF_NEXT_SPORT)
		class = hf_class(blob, mask, table->sport_root, x & 0x1ffff, next);
	else
		class = hf_class(blob, mask, table->dport_root, (x >> HF_BOX_DPORT) & 0x1ffff, next);
	return HF_U32(blob, offset + class * 4);
}

/* Notes a continuing line; answers where the search goes on. */
static __always_inline __u32 hf_pass_by(struct hf_stat *stat, __u32 rank)
{
	__u32 passes = stat->passes;

	if (passes < HF_MAX_CONTINUES) {
		stat->passed[passes] = rank;
		stat->passes = passes + 1;
	}
	return (rank | ((1 << HF_RANK_SHIFT) - 1)) + 1;
}

/* What a search answers: `hi` is the upper bound of the line's entry. */
static __always_inline __u64 hf_answer_of(__u32 rank, __u64 hi)
{
	return rank | hi >> HF_BOX_COUNTER << 32;
}

static __always_inline int hf_continues(__u32 rank)
{
	return rank != HF_NONE && (rank & HF_RANK_CONTINUES);
}

#ifdef HF_BPF_LOOP
#include "hf_lookup_loop.h"
#else
#include "hf_lookup_goto.h"
#endif

#endif
