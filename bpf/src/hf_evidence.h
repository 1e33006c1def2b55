/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/* What a packet leaves behind: counters, tokens, records in the flow log. */
#ifndef HF_EVIDENCE_H
#define HF_EVIDENCE_H

#include "hf_parse.h"

/* Everything said about one packet, gathered once. */
struct hf_case {
	const __u8 *blob;
	const struct hf_packet *packet;
	struct hf_stat *stat;
	__u32 generation;
	__u32 direction;
	__u32 flags;			/* of the device */
};

static __always_inline void hf_address16(__u64 to[2], const struct hf_packet *packet, int is_dst)
{
	if (packet->family == 6) {
		to[0] = packet->ip[is_dst ? 2 : 0];
		to[1] = packet->ip[is_dst ? 3 : 1];
	} else {
		__u32 address = is_dst ? packet->dst : packet->src;

		to[0] = 0;
		to[1] = packet->family ? 0xffff0000ULL | (__u64)bpf_ntohl(address) << 32 : 0;
	}
}

/* GCRA in 1/16 ns: one number is the whole bucket, and a lost race is tried again. */
static __always_inline int hf_take(__u64 *bucket, __u64 interval, __u64 tolerance)
{
	__u64 now = bpf_ktime_get_ns() << 4;

#pragma unroll
	for (int attempt = 0; attempt < 4; attempt++) {
		__u64 old = *(volatile __u64 *)bucket;
		__u64 from = old > now ? old : now;

		if (from - now > tolerance)
			return 0;
		if (__sync_val_compare_and_swap(bucket, old, from + interval) == old)
			return 1;
	}
	return 0;
}

/*
 * Functions that are not static are looked at by the verifier once, by themselves, with arguments it knows nothing
 * about; so nothing multiplies.
 */

/* Whether a rate limit lets the packet through. A bucket that cannot be had lets nothing through. */
__noinline int hf_within(const struct hf_packet *packet, const struct hf_rate *rate)
{
	__u64 *bucket;
	__u32 slot;

	if (!packet || !rate)
		return 0;
	slot = rate->bucket;
	if (rate->by_source) {
		struct hf_srckey key = { .bucket = slot, .family = packet->family };
		__u64 address[2], fresh = 0;

		hf_address16(address, packet, 0);
		__builtin_memcpy(key.addr, address, sizeof(key.addr));
		bucket = bpf_map_lookup_elem(&hf_srcbuckets, &key);
		if (!bucket) {
			bpf_map_update_elem(&hf_srcbuckets, &key, &fresh, BPF_NOEXIST);
			bucket = bpf_map_lookup_elem(&hf_srcbuckets, &key);
		}
	} else {
		bucket = bpf_map_lookup_elem(&hf_buckets, &slot);
	}
	return bucket ? hf_take(bucket, rate->interval, rate->tolerance) : 0;
}

/* New records a second of packets that no line decided, and how many at once. */
enum { HF_GUARD_RATE = 1000, HF_GUARD_BURST = 2000 };

/*
 * A packet without a record. Its flow counts once as long as no other one with the same hash is lost in between; so
 * flows are counted too often rather than too seldom.
 */
static __always_inline void hf_lose(struct hf_stat *stat, const struct hf_flowkey *key)
{
	__u64 words[7], hash = 0;
	__u32 slot, tag;

	__builtin_memcpy(words, key, sizeof(words));
#pragma unroll
	for (int i = 0; i < 7; i++)
		hash = hf_mix(hash + words[i]);
	slot = hash >> 58;
	tag = (__u32)hash | 1;
	if (stat->lost[slot] != tag) {
		stat->lost[slot] = tag;
		stat->count[HF_R_LOST_FLOWS]++;
	}
	stat->count[HF_R_LOST_PACKETS]++;
}

/* Adds the packet to its record in the flow log. */
__noinline int hf_record(const struct hf_packet *packet, struct hf_stat *stat,
				__u32 generation, __u32 counter, __u32 direction_verdict)
{
	struct hf_flowkey key = {};
	struct hf_flow *flow, fresh;
	__u64 address[2], now;
	__u32 zero = 0;
	void *flows;

	if (!packet || !stat)
		return 0;
	key.counter = counter;
	key.generation = generation;
	key.sport = packet->sport;
	key.dport = packet->dport;
	key.protocol = packet->protocol;
	key.device = hf_slot;
	key.direction = direction_verdict >> 8;
	key.verdict = direction_verdict;
	key.family = packet->family;
	now = bpf_ktime_get_ns();
	hf_address16(address, packet, 0);
	__builtin_memcpy(key.src, address, sizeof(key.src));
	hf_address16(address, packet, 1);
	__builtin_memcpy(key.dst, address, sizeof(key.dst));
	flows = bpf_map_lookup_elem(&hf_flowgen, &zero);
	if (!flows)
		goto lost;
	flow = bpf_map_lookup_elem(flows, &key);
	if (!flow) {
		__u64 *guard = bpf_map_lookup_elem(&hf_guard, &zero);
		const __u64 interval = (1000000000ULL << 4) / HF_GUARD_RATE;

		if (!counter && (!guard || !hf_take(guard, interval, interval * HF_GUARD_BURST)))
			goto lost;
		fresh.packets = 1;
		fresh.bytes = packet->bytes;
		fresh.first_ns = now;
		fresh.last_ns = now;
		if (!bpf_map_update_elem(flows, &key, &fresh, BPF_NOEXIST))
			return 0;
		/* Another CPU was first, or there is no room. */
		flow = bpf_map_lookup_elem(flows, &key);
		if (!flow)
			goto lost;
	}
	__sync_fetch_and_add(&flow->packets, 1);
	__sync_fetch_and_add(&flow->bytes, packet->bytes);
	flow->last_ns = now;
	return 0;
lost:
	hf_lose(stat, &key);
	return 0;
}

static __always_inline void hf_log(const struct hf_case *of, __u32 counter, __u32 verdict)
{
	hf_record(of->packet, of->stat, of->generation, counter, of->direction << 8 | verdict);
}

/* What a line does beyond its rank word. */
static __always_inline struct hf_act hf_act(const __u8 *blob, __u32 mask, __u32 acts, __u32 rank)
{
	return *HF_AT(blob, struct hf_act,
		      acts + (rank >> HF_RANK_SHIFT) * (__u32)sizeof(struct hf_act));
}

/* Counts a hit of a line, or with slot 0 of none. */
static __always_inline struct hf_counter *hf_hit(const struct hf_case *of, __u32 slot)
{
	__u64 index = slot * 2 + of->direction;
	struct hf_counter *counter = bpf_map_lookup_elem(&hf_counters, &index);

	if (counter) {
		counter->packets++;
		counter->bytes += of->packet->bytes;
	}
	return counter;
}

#endif
