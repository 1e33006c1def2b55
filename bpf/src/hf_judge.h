/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* A parsed packet to a verdict, in the order packages/policy/README.md gives. */
#ifndef HF_JUDGE_H
#define HF_JUDGE_H

#include "hf_evidence.h"

/*
 * The line that decides. Continuing lines are noted and the search goes on behind them; floors only rise, so it ends.
 * The notes are in a map and not on the stack, because there the verifier does not tell one packet from another.
 */
#define HF_SEARCH(of, rank, lookup)                                                                \
	do {                                                                                       \
		__u32 floor = 0;                                                                   \
		(of)->stat->passes = 0;                                                            \
		for (;;) {                                                                         \
			__u32 passes;                                                              \
			cond_break;                                                                \
			rank = (lookup);                                                           \
			if (rank == HF_NONE || !(rank & HF_RANK_CONTINUES))                        \
				break;                                                             \
			passes = (of)->stat->passes;                                               \
			if (passes < HF_MAX_CONTINUES) {                                           \
				(of)->stat->passed[passes] = rank;                                 \
				(of)->stat->passes = passes + 1;                                   \
			}                                                                          \
			floor = (rank | ((1 << HF_RANK_SHIFT) - 1)) + 1;                           \
		}                                                                                  \
	} while (0)

static __always_inline __u64 hf_cache_key(const struct hf_case *of)
{
	return of->packet->x | (__u64)hf_slot << HF_KEY_SLOT | (__u64)of->direction << HF_KEY_DIR;
}

/* Packets that passed continuing lines are not cached: only the search knows which. */
static __always_inline __u32 hf_find4(const struct hf_case *of, const struct hf_table *table)
{
	__u32 src = of->packet->src, dst = of->packet->dst, index, rank = HF_NONE;
	__u64 ip = (__u64)src << 32 | dst, key = hf_cache_key(of), x = of->packet->x;
	struct hf_cache4 *entry;

	index = hf_mix(ip ^ key * HF_SALT) >> 51;
	entry = bpf_map_lookup_elem(&hf_cache4, &index);
	if (!entry)
		return HF_NONE;
	if (entry->ip == ip && entry->key == key && entry->generation == of->generation) {
		of->stat->passes = 0;
		return entry->rank;
	}
	HF_SEARCH(of, rank, hf_lookup4(of->blob, table, src, dst, x, floor));
	if (!of->stat->passes) {
		entry->ip = ip;
		entry->key = key;
		entry->generation = of->generation;
		entry->rank = rank;
	}
	return rank;
}

static __always_inline __u32 hf_find6(const struct hf_case *of, const struct hf_table *table)
{
	const __u64 *ip = of->packet->ip;
	__u64 key = hf_cache_key(of), x = of->packet->x;
	__u32 index, rank = HF_NONE;
	struct hf_cache6 *entry;

	index = hf_mix(hf_mix(ip[0] + (ip[1] ^ ip[1] >> 32) * HF_SALT) + ip[2] +
		       (ip[3] ^ ip[3] >> 32) * HF_SALT + hf_mix(key)) >>
		52;
	entry = bpf_map_lookup_elem(&hf_cache6, &index);
	if (!entry)
		return HF_NONE;
	if (entry->ip[0] == ip[0] && entry->ip[1] == ip[1] && entry->ip[2] == ip[2] &&
	    entry->ip[3] == ip[3] && entry->key == key && entry->generation == of->generation) {
		of->stat->passes = 0;
		return entry->rank;
	}
	HF_SEARCH(of, rank, hf_lookup6(of->blob, table, ip, x, floor));
	if (!of->stat->passes) {
		entry->ip[0] = ip[0];
		entry->ip[1] = ip[1];
		entry->ip[2] = ip[2];
		entry->ip[3] = ip[3];
		entry->key = key;
		entry->generation = of->generation;
		entry->rank = rank;
	}
	return rank;
}

static __always_inline enum hf_verdict hf_default(const struct hf_case *of)
{
	hf_hit(of, 0);
	if (of->flags & HF_DEV_DEFAULT_PASS)
		return HF_PASS;
	of->stat->count[HF_R_DEFAULT]++;
	hf_log(of, 0, HF_FLOW_DEFAULT_DROP);
	return HF_DROP;
}

static __always_inline enum hf_verdict hf_apply(const struct hf_case *of, __u32 acts, __u32 rank)
{
	struct hf_act act = hf_act(of, acts, rank);
	struct hf_counter *counter = hf_hit(of, act.counter);
	__u32 action = rank & HF_RANK_ACTION, outcome = HF_FLOW_PASS;

	if (action == HF_ACT_DENY) {
		outcome = HF_FLOW_DROP;
		of->stat->count[HF_R_DENIED]++;
	} else if (action == HF_ACT_RATE) {
		if (!hf_within(of->packet, HF_AT(of->blob, struct hf_rate, act.rate))) {
			outcome = HF_FLOW_LIMITED;
			of->stat->count[HF_R_LIMITED]++;
			if (counter) {
				counter->limited_packets++;
				counter->limited_bytes += of->packet->bytes;
			}
		}
	}
	if (rank & HF_RANK_LOGS)
		hf_log(of, act.counter, outcome);
	return outcome == HF_FLOW_PASS ? HF_PASS : HF_DROP;
}

static __always_inline enum hf_verdict hf_classify(const struct hf_case *of)
{
	int is6 = of->packet->family == 6;
	__u32 offset = HF_U32(of->blob, of->tables + (of->direction + 2 * is6) * 4);
	const struct hf_table *table = HF_AT(of->blob, struct hf_table, offset);
	__u32 acts, passes, rank;

	if (!offset)
		return hf_default(of);
	rank = is6 ? hf_find6(of, table) : hf_find4(of, table);
	acts = table->acts;
	passes = of->stat->passes;
	for (__u32 i = 0; i < HF_MAX_CONTINUES && i < passes; i++) {
		struct hf_act act = hf_act(of, acts, of->stat->passed[i]);

		hf_hit(of, act.counter);
		hf_log(of, act.counter, HF_FLOW_PASS);
	}
	if (rank == HF_NONE)
		return hf_default(of);
	return hf_apply(of, acts, rank);
}

static __always_inline enum hf_verdict hf_judge(const struct hf_packet *packet,
						enum hf_parsed parsed, __u32 direction)
{
	struct hf_case of = { .packet = packet, .direction = direction };
	__u32 index = (hf_slot & (HF_DEVICES - 1)) * 2 + direction;
	const struct hf_head *head;
	enum hf_verdict verdict;

	of.stat = bpf_map_lookup_elem(&hf_stats, &index);
	if (!of.stat)
		return HF_DROP;
	if (parsed == HF_OTHER) {
		of.stat->count[HF_R_OTHER]++;
		return HF_PASS;
	}
	of.blob.base = hf_fetch();
	of.blob.mask = hf_blob_mask;
	if (!of.blob.base)
		goto no_policy;
	head = (const struct hf_head *)of.blob.base;
	of.generation = head->generation;
	of.tables = sizeof(*head) + (hf_slot & (HF_DEVICES - 1)) * sizeof(struct hf_device);
	of.flags = HF_AT(of.blob, struct hf_device, of.tables)->flags;
	if (!(of.flags & HF_DEV_PRESENT))
		goto no_policy;
	if (parsed != HF_IP) {
		of.stat->count[HF_R_UNPARSABLE]++;
		if (of.flags & HF_DEV_UNPARSABLE_PASS)
			return HF_PASS;
		hf_log(&of, 0, HF_FLOW_UNPARSABLE);
		return HF_DROP;
	}
	if ((of.flags & HF_DEV_DROP_FRAGMENTS) && packet->is_fragment) {
		of.stat->count[HF_R_FRAGMENT]++;
		hf_log(&of, 0, HF_FLOW_DROP);
		return HF_DROP;
	}
	verdict = hf_classify(&of);
	if (verdict == HF_PASS)
		of.stat->count[HF_R_PASSED]++;
	return verdict;
no_policy:
	of.stat->count[HF_R_NO_POLICY]++;
	return HF_DROP;
}

#endif
