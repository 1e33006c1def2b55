/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What classifying costs: each run takes the next of HF_TRACE packets from a map, because one packet again and again
 * flatters every structure. Never attached; loaded by tests and benchmarks.
 *
 *   hf_bare		takes the packet and does nothing: what the harness costs
 *   hf_floor		takes it apart as far as a lookup needs
 *   hf_lookup		floor, and the search in the first table of device slot 0 that fits, without the flow cache
 *   hf_verify		the same
 *   hf_scan		floor, and the same lines one by one
 *
 * hf_verify and hf_scan leave the rank word in hf_ranks, so a test can compare millions of decisions.
 */
#include "hf_parse.h"

enum { HF_TRACE = 65536 };

/* A packet from its IP header on: IPv4 without options, or IPv6 without extension headers, and ports. */
struct hf_sample {
	__u8 bytes[64];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_TRACE);
	__type(key, __u32);
	__type(value, struct hf_sample);
} hf_trace SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, HF_TRACE);
	__type(key, __u32);
	__type(value, __u32);
} hf_ranks SEC(".maps");

/* How many packets were taken. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} hf_turn SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct hf_stat);
} hf_scratch SEC(".maps");

static __always_inline const struct hf_sample *hf_next_sample(__u32 *index)
{
	__u64 zero = 0, key;
	__u32 *turn = bpf_map_lookup_elem(&hf_turn, &zero);

	if (!turn)
		return 0;
	key = (*turn)++ & (HF_TRACE - 1);
	*index = key;
	return bpf_map_lookup_elem(&hf_trace, &key);
}

static __always_inline void hf_take_apart(const struct hf_sample *sample, struct hf_packet *packet)
{
	const __u8 *bytes = sample->bytes;
	const struct hf_ports *ports;
	__u64 shown = HF_NO_PORTS * (1ULL << HF_BOX_SPORT | 1ULL << HF_BOX_DPORT);

	if (bytes[0] >> 4 == 6) {
		const struct hf_ip6 *ip = (const void *)bytes;

		packet->family = 6;
		packet->protocol = ip->next;
#pragma unroll
		for (int i = 0; i < 4; i++)
			packet->ip[i] = ip->ip[2 * i] | (__u64)ip->ip[2 * i + 1] << 32;
		ports = (const void *)(ip + 1);
	} else {
		const struct hf_ip4 *ip = (const void *)bytes;

		packet->family = 4;
		packet->protocol = ip->protocol;
		packet->src = bpf_ntohl(ip->src);
		packet->dst = bpf_ntohl(ip->dst);
		ports = (const void *)(ip + 1);
	}
	if (packet->protocol == HF_TCP || packet->protocol == HF_UDP)
		shown = (__u64)bpf_ntohs(ports->sport) << HF_BOX_SPORT |
			(__u64)bpf_ntohs(ports->dport) << HF_BOX_DPORT;
	packet->x = shown | (__u64)packet->protocol << HF_BOX_PROTO;
}

SEC("tc")
int hf_bare(struct __sk_buff *skb)
{
	__u32 index;
	const struct hf_sample *sample = hf_next_sample(&index);

	(void)skb;
	return sample ? sample->bytes[0] : 0;
}

SEC("tc")
int hf_floor(struct __sk_buff *skb)
{
	__u32 index;
	const struct hf_sample *sample = hf_next_sample(&index);
	struct hf_packet packet = {};

	(void)skb;
	if (!sample)
		return 0;
	hf_take_apart(sample, &packet);
	return packet.x + packet.ip[0] + packet.ip[1] + packet.ip[2] + packet.ip[3];
}

static __always_inline __u32 hf_table_offset(const __u8 *blob, __u32 family)
{
	const struct hf_device *device = (const void *)(blob + sizeof(struct hf_head));

	return device->table[family == 6 ? 2 : 0];
}

static __always_inline void hf_leave(__u32 index, __u32 rank)
{
	__u64 key = index;
	__u32 *left = bpf_map_lookup_elem(&hf_ranks, &key);

	if (left)
		*left = rank;
}

static __always_inline __u32 hf_find(__u32 *index)
{
	const struct hf_sample *sample = hf_next_sample(index);
	__u32 mask = hf_blob_mask, offset;
	struct hf_packet packet = {};
	const struct hf_table *table;
	struct hf_stat *stat;
	__u64 zero = 0;
	const __u8 *blob;

	stat = bpf_map_lookup_elem(&hf_scratch, &zero);
	if (!sample || !stat)
		return HF_NONE;
	hf_take_apart(sample, &packet);
	blob = hf_fetch();
	if (!blob)
		return HF_NONE;
	offset = hf_table_offset(blob, packet.family);
	table = HF_AT(blob, struct hf_table, offset);
	if (packet.family == 6)
		return hf_search6(blob, mask, table, packet.ip, packet.x, stat);
	return hf_search4(blob, mask, table, packet.src, packet.dst, packet.x, stat);
}

SEC("tc")
int hf_lookup(struct __sk_buff *skb)
{
	__u32 index = 0;

	(void)skb;
	return hf_find(&index) & HF_RANK_ACTION;
}

SEC("tc")
int hf_verify(struct __sk_buff *skb)
{
	__u32 index = 0, rank = hf_find(&index);

	(void)skb;
	hf_leave(index, rank);
	return rank & HF_RANK_ACTION;
}

static __always_inline int hf_line_matches(const struct hf_line4 *line, __u32 src, __u32 dst,
					   __u32 sport, __u32 dport, __u32 protocol)
{
	__u32 wanted = line->what & HF_WHAT_PROTOCOL;

	if (wanted != 256 && wanted != protocol)
		return 0;
	if ((__u64)(src ^ line->src) >> ((32 - line->src_length) & 63) ||
	    (__u64)(dst ^ line->dst) >> ((32 - line->dst_length) & 63))
		return 0;
	if ((line->what & HF_WHAT_SPORTS) && (sport < line->ports[0] || sport > line->ports[1]))
		return 0;
	if ((line->what & HF_WHAT_DPORTS) && (dport < line->ports[2] || dport > line->ports[3]))
		return 0;
	return 1;
}

SEC("tc")
int hf_scan(struct __sk_buff *skb)
{
	__u32 index, mask = hf_blob_mask, rank = HF_NONE, offset, at, left, number;
	const struct hf_sample *sample = hf_next_sample(&index);
	struct hf_packet packet = {};
	const __u8 *blob;

	(void)skb;
	if (!sample)
		return 0;
	hf_take_apart(sample, &packet);
	blob = hf_fetch();
	if (!blob)
		return 0;
	offset = hf_table_offset(blob, 4);
	at = HF_U32(blob, offset + (__u32)__builtin_offsetof(struct hf_table, lines));
	left = HF_U32(blob, offset + (__u32)__builtin_offsetof(struct hf_table, line_count));
	number = HF_U32(blob, offset + (__u32)__builtin_offsetof(struct hf_table, minus_64)) + 64;
	while (left) {
		const struct hf_line4 *line;

		cond_break;
		line = HF_AT(blob, struct hf_line4, at);
		if (hf_line_matches(line, packet.src, packet.dst, packet.x & 0x1ffff,
				    (packet.x >> HF_BOX_DPORT) & 0x1ffff, packet.protocol)) {
			rank = number << HF_RANK_SHIFT | line->what >> HF_WHAT_RANK;
			break;
		}
		at += sizeof(*line);
		number++;
		left--;
	}
	hf_leave(index, rank);
	return rank & HF_RANK_ACTION;
}

char hf_license[] SEC("license") = "GPL";
