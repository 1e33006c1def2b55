/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Included by hf_lookup.h. Loops end by may_goto at the latest; what they carry is unknown to the verifier. */
#ifndef HF_LOOKUP_GOTO_H
#define HF_LOOKUP_GOTO_H

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
		at = hf_list(blob, mask, table, (slot)->next, x);                                        \
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

static __always_inline __u32 hf_lookup4(const __u8 *blob, __u32 mask, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, __u32 floor)
{
	__u64 ip = (__u64)src << 32 | dst;
	__u32 nodes = table->nodes, vals = table->vals, any = table->minus_64;
	__u32 src_row = hf_descend4(
		blob, mask, HF_U32(blob, table->src_root + (src >> (table->src_shift & 31)) * 4), nodes,
		vals, src, any);
	__u32 dst_row = hf_descend4(
		blob, mask, HF_U32(blob, table->dst_root + (dst >> (table->dst_shift & 31)) * 4), nodes,
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
static __always_inline __u32 hf_lookup6(const __u8 *blob, __u32 mask, const struct hf_table *table,
					const __u64 *ip, __u64 x, __u32 floor)
{
	__u32 src_row = hf_row6(blob, mask, table, table->src_root, table->src_shift, bpf_be64(ip[0]),
				bpf_be64(ip[1]));
	__u32 dst_row = hf_row6(blob, mask, table, table->dst_root, table->dst_shift, bpf_be64(ip[2]),
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
			at = table->slots + hf_place(table, hf_hash6(a, b, c, d, tuple->seed)) * 64;
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

/* Floors only rise, so the search ends. */
#define HF_SEARCH(stat, rank, lookup)                                                              \
	do {                                                                                       \
		__u32 floor = 0;                                                                   \
		(stat)->passes = 0;                                                                \
		for (;;) {                                                                         \
			cond_break;                                                                \
			rank = (lookup);                                                           \
			if (!hf_continues(rank))                                                   \
				break;                                                             \
			floor = hf_pass_by(stat, rank);                                            \
		}                                                                                  \
	} while (0)

static __always_inline __u32 hf_search4(const __u8 *blob, __u32 mask, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, struct hf_stat *stat)
{
	__u32 rank = HF_NONE;

	HF_SEARCH(stat, rank, hf_lookup4(blob, mask, table, src, dst, x, floor));
	return rank;
}

static __always_inline __u32 hf_search6(const __u8 *blob, __u32 mask, const struct hf_table *table,
					const __u64 *ip, __u64 x, struct hf_stat *stat)
{
	__u32 rank = HF_NONE;

	HF_SEARCH(stat, rank, hf_lookup6(blob, mask, table, ip, x, floor));
	return rank;
}

#endif
