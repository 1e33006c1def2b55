/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* A parsed packet to a verdict, in the order packages/policy/README.md gives. */
#ifndef HF_JUDGE_H
#define HF_JUDGE_H

#include "hf_state.h"

static __always_inline __u64 hf_cache_key(const struct hf_case *of)
{
	return of->packet->x | (__u64)hf_slot << HF_KEY_SLOT | (__u64)of->direction << HF_KEY_DIR;
}

/* This instance's device in the blob; its slot is a constant. */
static __always_inline const struct hf_device *hf_device_in(const __u8 *blob)
{
	return (const struct hf_device *)(blob + sizeof(struct hf_head)) +
	       (hf_slot & (HF_DEVICES - 1));
}

/* Offset of the table for packets in a direction, 0 when there is none. */
static __always_inline __u32 hf_table_at(const struct hf_case *of, __u32 direction)
{
	__u32 index = direction + (of->packet->family == 6 ? 2 : 0);

	return hf_device_in(of->blob)->table[index & (HF_TABLES - 1)];
}

/* Counts and records the continuing lines the packet passed. */
static __always_inline void hf_note_passes(const struct hf_case *of, const __u8 *blob, __u32 mask,
					   __u32 acts)
{
	__u32 passes = of->stat->passes;

	for (__u32 i = 0; i < HF_MAX_CONTINUES && i < passes; i++) {
		struct hf_act act = hf_act(blob, mask, acts, of->stat->passed[i]);

		hf_hit(of, act.counter);
		hf_log(of, act.counter, HF_FLOW_PASS);
	}
}

/* Asks the lines. Packets that passed continuing ones are not cached: only the search knows which. */
static __noinline __u64 hf_ask4(const struct hf_case *of, struct hf_cache4 *entry)
{
	__u32 mask = hf_blob_mask, offset = hf_table_at(of, of->direction);
	const __u8 *blob = of->blob;
	const struct hf_table *table = HF_AT(blob, struct hf_table, offset);
	__u32 src = of->packet->src, dst = of->packet->dst;
	__u64 answer;

	if (!offset)
		return HF_NONE;
	answer = hf_search4(blob, mask, table, src, dst, of->packet->x, of->stat);
	if (unlikely(of->stat->passes)) {
		hf_note_passes(of, blob, mask, table->acts);
		return answer;
	}
	entry->ip = (__u64)src << 32 | dst;
	entry->key = hf_cache_key(of);
	entry->generation = of->generation;
	entry->answer = answer;
	return answer;
}

static __noinline __u64 hf_ask6(const struct hf_case *of, struct hf_cache6 *entry)
{
	__u32 mask = hf_blob_mask, offset = hf_table_at(of, of->direction);
	const __u8 *blob = of->blob;
	const struct hf_table *table = HF_AT(blob, struct hf_table, offset);
	const __u64 *ip = of->packet->ip;
	__u64 answer;

	if (!offset)
		return HF_NONE;
	answer = hf_search6(blob, mask, table, ip, of->packet->x, of->stat);
	if (unlikely(of->stat->passes)) {
		hf_note_passes(of, blob, mask, table->acts);
		return answer;
	}
	entry->ip[0] = ip[0];
	entry->ip[1] = ip[1];
	entry->ip[2] = ip[2];
	entry->ip[3] = ip[3];
	entry->key = hf_cache_key(of);
	entry->generation = of->generation;
	entry->answer = answer;
	return answer;
}

/* The line that decides, from the flow cache or from the lines. */
static __always_inline __u64 hf_find4(const struct hf_case *of)
{
	__u64 ip = (__u64)of->packet->src << 32 | of->packet->dst, key = hf_cache_key(of);
	__u64 index = hf_mix(ip ^ key * HF_SALT) >> 51;
	struct hf_cache4 *entry = bpf_map_lookup_elem(&hf_cache4, &index);

	if (!entry)
		return HF_NONE;
	if (entry->ip == ip && entry->key == key && entry->generation == of->generation)
		return entry->answer;
	return hf_ask4(of, entry);
}

static __always_inline __u64 hf_find6(const struct hf_case *of)
{
	const __u64 *ip = of->packet->ip;
	__u64 key = hf_cache_key(of);
	__u64 index = hf_hash6(ip[0], ip[1], ip[2], ip[3], hf_mix(key)) >> 52;
	struct hf_cache6 *entry = bpf_map_lookup_elem(&hf_cache6, &index);

	if (!entry)
		return HF_NONE;
	if (entry->ip[0] == ip[0] && entry->ip[1] == ip[1] && entry->ip[2] == ip[2] &&
	    entry->ip[3] == ip[3] && entry->key == key && entry->generation == of->generation)
		return entry->answer;
	return hf_ask6(of, entry);
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

/* Whether the limit of a line lets the packet through. */
static __always_inline int hf_is_within(const struct hf_case *of, __u32 rank)
{
	__u32 mask = hf_blob_mask, offset = hf_table_at(of, of->direction);
	const __u8 *blob = of->blob;
	const struct hf_table *table = HF_AT(blob, struct hf_table, offset);
	struct hf_act act = hf_act(blob, mask, table->acts, rank);

	return hf_within(of->packet, HF_AT(blob, struct hf_rate, act.rate));
}

static __always_inline enum hf_verdict hf_classify(const struct hf_case *of)
{
	__u64 answer = of->packet->family == 6 ? hf_find6(of) : hf_find4(of);
	__u32 rank = answer, slot = answer >> 32, outcome = HF_FLOW_PASS;
	struct hf_counter *counter;

	if (rank == HF_NONE)
		return hf_default(of);
	counter = hf_hit(of, slot);
	if ((rank & HF_RANK_ACTION) == HF_ACT_DENY) {
		outcome = HF_FLOW_DROP;
		of->stat->count[HF_R_DENIED]++;
	} else if ((rank & HF_RANK_ACTION) == HF_ACT_RATE && !hf_is_within(of, rank)) {
		outcome = HF_FLOW_LIMITED;
		of->stat->count[HF_R_LIMITED]++;
		if (counter) {
			counter->limited_packets++;
			counter->limited_bytes += of->packet->bytes;
		}
	}
	if (rank & HF_RANK_LOGS)
		hf_log(of, slot, outcome);
	return outcome == HF_FLOW_PASS ? HF_PASS : HF_DROP;
}

/* The packet turned round: what opened the flow that it answers. */
static __always_inline void hf_turn(struct hf_packet *packet)
{
	__u64 x = packet->x;

	packet->x = (x & ~((1ULL << HF_BOX_PROTO) - 1)) | (x & 0x1ffff) << HF_BOX_DPORT |
		    (x >> HF_BOX_DPORT & 0x1ffff);
	if (packet->family == 6) {
		__u64 upper = packet->ip[0], lower = packet->ip[1];

		packet->ip[0] = packet->ip[2];
		packet->ip[1] = packet->ip[3];
		packet->ip[2] = upper;
		packet->ip[3] = lower;
	} else {
		__u32 src = packet->src;

		packet->src = packet->dst;
		packet->dst = src;
	}
}

/* Whether a packet in the other direction would pass now; nothing is counted. */
static __noinline int hf_would_pass(const struct hf_case *of)
{
	const struct hf_packet *packet = of->packet;
	const __u8 *blob = of->blob;
	__u32 mask = hf_blob_mask;
	int is6 = packet->family == 6;
	__u32 offset = hf_table_at(of, of->direction ^ 1);
	const struct hf_table *table = HF_AT(blob, struct hf_table, offset);
	__u32 rank = HF_NONE;

	if (offset && is6)
		rank = hf_search6(blob, mask, table, packet->ip, packet->x, of->stat);
	else if (offset)
		rank = hf_search4(blob, mask, table, packet->src, packet->dst, packet->x, of->stat);
	if (rank == HF_NONE)
		return !!(of->flags & HF_DEV_DEFAULT_PASS);
	return (rank & HF_RANK_ACTION) != HF_ACT_DENY;
}

static __always_inline int hf_is_established(const struct hf_case *of, struct hf_packet *packet)
{
	int answer = hf_answers(packet, of->generation, of->direction), passes;

	if (answer != HF_STALE)
		return answer == HF_ANSWER;
	hf_turn(packet);
	passes = hf_would_pass(of);
	hf_turn(packet);
	if (!passes)
		hf_forget(packet, of->direction);
	return passes;
}

static __always_inline enum hf_verdict hf_judge(struct hf_packet *packet,
						enum hf_parsed parsed, __u32 direction)
{
	struct hf_case of = { .packet = packet, .direction = direction };
	__u64 index = (hf_slot & (HF_DEVICES - 1)) * 2 + direction;
	const struct hf_head *head;
	enum hf_verdict verdict;

	of.stat = bpf_map_lookup_elem(&hf_stats, &index);
	if (!of.stat)
		return HF_DROP;
	if (parsed == HF_OTHER) {
		of.stat->count[HF_R_OTHER]++;
		return HF_PASS;
	}
	of.blob = hf_fetch();
	if (!of.blob)
		goto no_policy;
	head = (const struct hf_head *)of.blob;
	of.generation = head->generation;
	of.flags = hf_device_in(of.blob)->flags;
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
	if ((of.flags & HF_DEV_STATEFUL) && hf_is_established(&of, packet)) {
		hf_track(packet, of.stat, of.generation, direction);
		of.stat->count[HF_R_ESTABLISHED]++;
		return HF_PASS;
	}
	verdict = hf_classify(&of);
	if (verdict != HF_PASS)
		return HF_DROP;
	of.stat->count[HF_R_PASSED]++;
	if (of.flags & HF_DEV_STATEFUL)
		hf_track(packet, of.stat, of.generation, direction);
	return HF_PASS;
no_policy:
	of.stat->count[HF_R_NO_POLICY]++;
	return HF_DROP;
}

#endif
