/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* The first line at or behind `floor` that matches, as its rank word; HF_NONE when there is none. */
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

/*
 * From a root's entry down to what a leaf holds. Flags above an offset are left where they are: HF_AT masks them away,
 * and a verifier that saw them go would start to follow the number. `any` is a number it knows nothing about.
 */
static __always_inline __u32 hf_descend4(struct hf_blob blob, __u32 entry, __u32 nodes, __u32 vals,
					 __u32 key, __u32 any)
{
	__u32 at = entry, value = any;

	if (hf_is_value(entry))
		return entry;
	for (;;) {
		const struct hf_node4 *node;
		__u32 base;

		cond_break;
		node = HF_AT(blob, struct hf_node4, nodes + at * 32);
		base = node->base;
		at = base + hf_count4(node, key);
		if (hf_is_value(base)) {
			value = HF_U32(blob, vals + at * 4);
			break;
		}
	}
	return value;
}

/* Two trees, one behind the other: a leaf of the upper half may name a node of the lower. */
static __always_inline __u32 hf_descend6(struct hf_blob blob, __u32 entry, __u32 nodes, __u32 vals,
					 __u64 upper, __u64 lower, __u32 any)
{
	__u32 at = entry, value = any;
	__u64 key = upper;

	if (hf_is_value(entry))
		return entry;
	for (;;) {
		const struct hf_node6 *node;
		__u32 base;

		cond_break;
		node = HF_AT(blob, struct hf_node6, nodes + at * 64);
		base = node->base;
		at = base + hf_count6(node, key);
		if (!hf_is_value(base))
			continue;
		value = HF_U32(blob, vals + at * 4);
		if (!hf_is_value(value))
			break;
		at = value;
		key = lower;
	}
	return value;
}

static __always_inline __u32 hf_row6(struct hf_blob blob, const struct hf_table *table, __u32 root,
				     __u32 shift, __u64 upper, __u64 lower)
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
	return hf_descend6(blob, entry, table->nodes, table->vals, upper, lower,
			   table->minus_64);
}

static __always_inline __u32 hf_class(struct hf_blob blob, __u32 root, __u32 port, __u32 any)
{
	const struct hf_portroot *head = HF_AT(blob, struct hf_portroot, root);
	__u32 entry = HF_U32(blob, root + (__u32)sizeof(*head) + (port >> 8) * 4);

	return hf_descend4(blob, entry, head->nodes, head->vals, port, any);
}

/* Where the list is that the lines behind the inline one of a pair are in; 0: nowhere. */
static __always_inline __u32 hf_list(struct hf_blob blob, const struct hf_table *table, __u32 next,
				     __u64 x)
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
		class = hf_class(blob, table->sport_root, x & 0x1ffff, next);
	else
		class = hf_class(blob, table->dport_root, (x >> HF_BOX_DPORT) & 0x1ffff, next);
	return HF_U32(blob, offset + class * 4);
}

/* What the lines of one pair make of `best`. */
#define HF_MATCH(blob, table, slot, x, floor, best)                                                \
	do {                                                                                       \
		__u32 at;                                                                          \
		if ((slot)->rank >= (best))                                                        \
			break;                                                                     \
		if ((slot)->rank >= (floor) && hf_in_box(x, (slot)->lo, (slot)->hi)) {             \
			best = (slot)->rank;                                                       \
			break;                                                                     \
		}                                                                                  \
		if (!(slot)->next)                                                                 \
			break;                                                                     \
		at = hf_list(blob, table, (slot)->next, x);                                        \
		if (!at)                                                                           \
			break;                                                                     \
		for (;;) {                                                                         \
			const struct hf_entry *entry;                                              \
			cond_break;                                                                \
			entry = HF_AT(blob, struct hf_entry, at);                                  \
			if (entry->rank >= (best))                                                 \
				break;                                                             \
			if (entry->rank >= (floor) && hf_in_box(x, entry->lo, entry->hi)) {        \
				best = entry->rank;                                                \
				break;                                                             \
			}                                                                          \
			if (entry->last)                                                           \
				break;                                                             \
			at += sizeof(*entry);                                                      \
		}                                                                                  \
	} while (0)

static __always_inline __u64 hf_mix(__u64 value)
{
	value ^= value >> 32;
	return value * HF_GOLDEN;
}

/* Any number of slots, not only powers of two, without a division. */
static __always_inline __u32 hf_place(const struct hf_table *table, __u64 hash)
{
	return (hash >> 32) * table->slot_count >> 32;
}

static __always_inline __u32 hf_lookup4(struct hf_blob blob, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, __u32 floor)
{
	__u64 ip = (__u64)src << 32 | dst;
	__u32 nodes = table->nodes, vals = table->vals, any = table->minus_64;
	__u32 src_row = hf_descend4(
		blob, HF_U32(blob, table->src_root + (src >> (table->src_shift & 31)) * 4), nodes,
		vals, src, any);
	__u32 dst_row = hf_descend4(
		blob, HF_U32(blob, table->dst_root + (dst >> (table->dst_shift & 31)) * 4), nodes,
		vals, dst, any);
	__u32 base = any, best = HF_NONE;

	for (__u32 left = table->words; left; left--) {
		__u64 common;

		cond_break;
		common = HF_U64(blob, src_row) & HF_U64(blob, dst_row);
		src_row += 8;
		dst_row += 8;
		base += 64;
		while (common) {
			const struct hf_tuple4 *tuple;
			__u32 number, at;
			__u64 key;

			cond_break;
			number = base + hf_lowest(common);
			common &= common - 1;
			tuple = HF_AT(blob, struct hf_tuple4, table->tuples + number * 16);
			if (tuple->min_rank >= best)
				return best;
			key = ip & tuple->mask;
			at = table->slots + hf_place(table, hf_mix(key + tuple->seed)) * 32;
			for (;;) {
				const struct hf_slot4 *slot;
				__u64 lo;

				cond_break;
				slot = HF_AT(blob, struct hf_slot4, at);
				lo = slot->lo;
				if (slot->ip == key && lo >> HF_BOX_TUPLE == number) {
					HF_MATCH(blob, table, slot, x, floor, best);
					break;
				}
				if (lo == ~0ULL)
					break;
				at += sizeof(*slot);
			}
		}
	}
	return best;
}

/* Addresses as the packet has them (network order): the trees compare them turned round, the hash does not care. */
static __always_inline __u32 hf_lookup6(struct hf_blob blob, const struct hf_table *table,
					const __u64 *ip, __u64 x, __u32 floor)
{
	__u32 src_row = hf_row6(blob, table, table->src_root, table->src_shift, bpf_be64(ip[0]),
				bpf_be64(ip[1]));
	__u32 dst_row = hf_row6(blob, table, table->dst_root, table->dst_shift, bpf_be64(ip[2]),
				bpf_be64(ip[3]));
	__u32 base = table->minus_64, best = HF_NONE;

	for (__u32 left = table->words; left; left--) {
		__u64 common;

		cond_break;
		common = HF_U64(blob, src_row) & HF_U64(blob, dst_row);
		src_row += 8;
		dst_row += 8;
		base += 64;
		while (common) {
			const struct hf_tuple6 *tuple;
			__u64 a, b, c, d;
			__u32 number, at;

			cond_break;
			number = base + hf_lowest(common);
			common &= common - 1;
			tuple = HF_AT(blob, struct hf_tuple6, table->tuples + number * 64);
			if (tuple->min_rank >= best)
				return best;
			a = ip[0] & tuple->mask[0];
			b = ip[1] & tuple->mask[1];
			c = ip[2] & tuple->mask[2];
			d = ip[3] & tuple->mask[3];
			at = table->slots +
			     hf_place(table, hf_mix(hf_mix(a + (b ^ b >> 32) * HF_SALT) + c +
						    (d ^ d >> 32) * HF_SALT + tuple->seed)) *
				     64;
			for (;;) {
				const struct hf_slot6 *slot;
				__u64 lo;

				cond_break;
				slot = HF_AT(blob, struct hf_slot6, at);
				lo = slot->lo;
				if (slot->ip[0] == a && slot->ip[1] == b && slot->ip[2] == c &&
				    slot->ip[3] == d && lo >> HF_BOX_TUPLE == number) {
					HF_MATCH(blob, table, slot, x, floor, best);
					break;
				}
				if (lo == ~0ULL)
					break;
				at += sizeof(*slot);
			}
		}
	}
	return best;
}

#endif
