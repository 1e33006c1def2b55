/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* Included by hf_lookup.h. Loops end by may_goto at the latest; what they carry is unknown to the verifier. */
#ifndef HF_LOOKUP_GOTO_H
#define HF_LOOKUP_GOTO_H

/*
 * The offset of the slot for which `is_pair` holds, 0 when there is none. HF_PROBE reads slots one after the other,
 * HF_PROBE_TAGGED their tags and only slots that are likely the one.
 */
#define HF_PROBE(at, table, hash, type, is_pair)                                                   \
	do {                                                                                       \
		at = (table)->slots + hf_place(table, hash) * (__u32)sizeof(type);                 \
		for (;;) {                                                                         \
			const type *slot;                                                          \
			cond_break;                                                                \
			slot = HF_AT(blob, type, at);                                              \
			if (is_pair)                                                               \
				break;                                                             \
			if (slot->lo == ~0ULL) {                                                   \
				at = 0;                                                            \
				break;                                                             \
			}                                                                          \
			at += sizeof(type);                                                        \
		}                                                                                  \
	} while (0)

#define HF_PROBE_TAGGED(table, hash, type, is_pair)                                                \
	do {                                                                                       \
		__u32 tag_at = (table)->tags + hf_place(table, hash);                              \
		__u64 tags = HF_U64(blob, tag_at), likely_ones = hf_candidates(tags, hash);        \
		for (;;) {                                                                         \
			const type *slot;                                                          \
			__u32 at;                                                                  \
			cond_break;                                                                \
			if (!likely_ones) {                                                        \
				if (~tags & HF_EACH_TOP)                                           \
					break;                                                     \
				tag_at += 8;                                                       \
				tags = HF_U64(blob, tag_at);                                       \
				likely_ones = hf_candidates(tags, hash);                           \
				continue;                                                          \
			}                                                                          \
			at = tag_at - (table)->tags + (hf_lowest(likely_ones) >> 3);               \
			at = (table)->slots + at * (__u32)sizeof(type);                            \
			likely_ones &= likely_ones - 1;                                            \
			slot = HF_AT(blob, type, at);                                              \
			if (is_pair)                                                               \
				return at;                                                         \
		}                                                                                  \
		return 0;                                                                          \
	} while (0)

static __noinline __u32 hf_tagged4(const __u8 *blob, const struct hf_table *table, __u64 key,
				   __u32 hash, __u32 number)
{
	__u32 mask = hf_blob_mask;

	HF_PROBE_TAGGED(table, hash, struct hf_slot4,
			slot->ip == key && slot->lo >> HF_BOX_TUPLE == number);
}

/* `key` has the four words of the masked addresses. */
static __noinline __u32 hf_tagged6(const __u8 *blob, const struct hf_table *table,
				   const __u64 *key, __u32 hash, __u32 number)
{
	__u32 mask = hf_blob_mask;

	HF_PROBE_TAGGED(table, hash, struct hf_slot6,
			slot->ip[0] == key[0] && slot->ip[1] == key[1] && slot->ip[2] == key[2] &&
				slot->ip[3] == key[3] && slot->lo >> HF_BOX_TUPLE == number);
}

/* What the lines of one pair make of `best`, and of `won`, its upper bound. */
#define HF_MATCH(table, pointer, x, floor, best, won)                                                  \
	do {                                                                                       \
		typeof(pointer) pair = (pointer);                                                  \
		__u32 list;                                                                        \
		if (pair->rank >= (best))                                                          \
			break;                                                                     \
		if (pair->rank >= (floor) && hf_in_box(x, pair->lo, pair->hi)) {                   \
			best = pair->rank;                                                         \
			won = pair->hi;                                                            \
			break;                                                                     \
		}                                                                                  \
		if (!pair->next)                                                                   \
			break;                                                                     \
		list = hf_list(blob, mask, table, pair->next, x);                                  \
		if (!list)                                                                         \
			break;                                                                     \
		for (;;) {                                                                         \
			const struct hf_entry *entry;                                              \
			cond_break;                                                                \
			entry = HF_AT(blob, struct hf_entry, list);                                \
			if (entry->rank >= (best))                                                 \
				break;                                                             \
			if (entry->rank >= (floor) && hf_in_box(x, entry->lo, entry->hi)) {        \
				best = entry->rank;                                                \
				won = entry->hi;                                                   \
				break;                                                             \
			}                                                                          \
			if (entry->last)                                                           \
				break;                                                             \
			list += sizeof(*entry);                                                    \
		}                                                                                  \
	} while (0)

static __always_inline __u64 hf_lookup4(const __u8 *blob, __u32 mask, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, __u32 floor)
{
	__u64 ip = (__u64)src << 32 | dst;
	__u32 nodes = table->nodes, any = table->minus_64;
	__u32 src_at = table->src_root + (src >> (table->src_shift & 31)) * 4;
	__u32 src_row = hf_descend4(blob, mask, HF_U32(blob, src_at), nodes, src, any);
	__u32 dst_at = table->dst_root + (dst >> (table->dst_shift & 31)) * 4;
	__u32 dst_row = hf_descend4(blob, mask, HF_U32(blob, dst_at), nodes, dst, any);
	__u32 base = any, best = HF_NONE;
	__u64 won = 0;

	for (__u32 left = table->words; left; left--) {
		__u64 common;

		cond_break;
		common = HF_U64(blob, src_row) & HF_U64(blob, dst_row);
		src_row += 8;
		dst_row += 8;
		base += 64;
		while (common) {
			const struct hf_tuple4 *tuple;
			__u32 number, hash, at;
			__u64 key;

			cond_break;
			number = base + hf_lowest(common);
			common &= common - 1;
			tuple = HF_AT(blob, struct hf_tuple4, table->tuples + number * 16);
			if (tuple->min_rank >= best)
				return hf_answer_of(best, won);
			key = ip & tuple->mask;
			hash = hf_mix(key + tuple->seed) >> 32;
			if (table->tags) {
				/* Mostly it is not there, which 8 tags say without a call. */
				__u64 tags = HF_U64(blob, table->tags + hf_place(table, hash));

				if (!hf_candidates(tags, hash) && (~tags & HF_EACH_TOP))
					continue;
				at = hf_tagged4(blob, table, key, hash, number);
			} else {
				HF_PROBE(at, table, hash, struct hf_slot4,
					 slot->ip == key && slot->lo >> HF_BOX_TUPLE == number);
			}
			if (at)
				HF_MATCH(table, HF_AT(blob, struct hf_slot4, at), x, floor, best, won);
		}
	}
	return hf_answer_of(best, won);
}

/* Addresses as the packet has them (network order): the trees compare them turned round, the hash does not care. */
static __always_inline __u64 hf_lookup6(const __u8 *blob, __u32 mask, const struct hf_table *table,
					const __u64 *ip, __u64 x, __u32 floor)
{
	__u32 src_row = hf_row6(blob, mask, table, table->src_root, table->src_shift,
				bpf_be64(ip[0]), bpf_be64(ip[1]));
	__u32 dst_row = hf_row6(blob, mask, table, table->dst_root, table->dst_shift,
				bpf_be64(ip[2]), bpf_be64(ip[3]));
	__u32 base = table->minus_64, best = HF_NONE;
	__u64 won = 0;

	for (__u32 left = table->words; left; left--) {
		__u64 common;

		cond_break;
		common = HF_U64(blob, src_row) & HF_U64(blob, dst_row);
		src_row += 8;
		dst_row += 8;
		base += 64;
		while (common) {
			const struct hf_tuple6 *tuple;
			__u64 key[4];
			__u32 number, hash, at;

			cond_break;
			number = base + hf_lowest(common);
			common &= common - 1;
			tuple = HF_AT(blob, struct hf_tuple6, table->tuples + number * 64);
			if (tuple->min_rank >= best)
				return hf_answer_of(best, won);
			key[0] = ip[0] & tuple->mask[0];
			key[1] = ip[1] & tuple->mask[1];
			key[2] = ip[2] & tuple->mask[2];
			key[3] = ip[3] & tuple->mask[3];
			hash = hf_hash6(key[0], key[1], key[2], key[3], tuple->seed) >> 32;
			if (table->tags) {
				/* Mostly it is not there, which 8 tags say without a call. */
				__u64 tags = HF_U64(blob, table->tags + hf_place(table, hash));

				if (!hf_candidates(tags, hash) && (~tags & HF_EACH_TOP))
					continue;
				at = hf_tagged6(blob, table, key, hash, number);
			} else {
				HF_PROBE(at, table, hash, struct hf_slot6,
					 slot->ip[0] == key[0] && slot->ip[1] == key[1] &&
						 slot->ip[2] == key[2] && slot->ip[3] == key[3] &&
						 slot->lo >> HF_BOX_TUPLE == number);
			}
			if (at)
				HF_MATCH(table, HF_AT(blob, struct hf_slot6, at), x, floor, best, won);
		}
	}
	return hf_answer_of(best, won);
}

/* Floors only rise, so the search ends. */
#define HF_SEARCH(stat, answer, lookup)                                                             \
	do {                                                                                       \
		__u32 floor = 0;                                                                   \
		(stat)->passes = 0;                                                                \
		for (;;) {                                                                         \
			cond_break;                                                                \
			answer = (lookup);                                                         \
			if (!hf_continues(answer))                                                 \
				break;                                                             \
			floor = hf_pass_by(stat, answer);                                          \
		}                                                                                  \
	} while (0)

static __always_inline __u64 hf_search4(const __u8 *blob, __u32 mask, const struct hf_table *table,
					__u32 src, __u32 dst, __u64 x, struct hf_stat *stat)
{
	__u64 answer = HF_NONE;

	HF_SEARCH(stat, answer, hf_lookup4(blob, mask, table, src, dst, x, floor));
	return answer;
}

static __always_inline __u64 hf_search6(const __u8 *blob, __u32 mask, const struct hf_table *table,
					const __u64 *ip, __u64 x, struct hf_stat *stat)
{
	__u64 answer = HF_NONE;

	HF_SEARCH(stat, answer, hf_lookup6(blob, mask, table, ip, x, floor));
	return answer;
}

#endif
