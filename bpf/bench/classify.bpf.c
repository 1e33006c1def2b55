/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * What a packet costs, part by part; bench/classify.ts runs these and sets them side by side.
 *
 * Each run takes the next packet of a map, so that a measurement is of HF_TRACE packets of as many flows: one packet
 * over and over would find everything in the nearest cache and every branch foretold. All programs read and parse it
 * in the same way, as packets without link layer, by the code that judges them on devices.
 */
#include "../src/hf_judge.h"
#include "hf_trace.h"

enum { HF_LINES_HEAD = 64 };

/* Where the lines of the scan are; their map is a power of two, this less one. */
const volatile __u32 hf_lines_mask = (1 << 12) - 1;

/* u32 count, u32 4 or 6, then from HF_LINES_HEAD on hf_scan4[] or hf_scan6[] in order of evaluation. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, (1 << 12) + HF_OVERRUN * 2);
} hf_lines SEC(".maps");

/* Rank words, one for each packet of the trace: what a search answered. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, 4);
	__uint(value_size, HF_TRACE * 4);
} hf_answers_map SEC(".maps");

struct hf_scan4 {
	__u64 ip;
	__u64 mask;
	__u64 lo;
	__u64 hi;
	__u32 rank;
	__u32 zero;
};

struct hf_scan6 {
	__u64 ip[4];
	__u64 mask[4];
	__u64 lo;
	__u64 hi;
	__u32 rank;
	__u32 zero;
};

static struct hf_stat hf_scratch;

/* Not static: see hf_evidence.h. */
__noinline int hf_read(struct hf_packet *packet)
{
	struct hf_frame frame;

	if (!packet)
		return HF_UNPARSABLE;
	if (!hf_next(&frame))
		return HF_UNPARSABLE;
	return hf_parse(&frame, 0, packet);
}

/* The tables of device slot 0, as hf_judge() comes to them. */
static __always_inline __u32 hf_search(const struct hf_packet *packet)
{
	const __u8 *blob = hf_fetch();
	__u32 mask = hf_blob_mask, offset;
	const struct hf_table *table;
	int is6 = packet->family == 6;

	if (!blob)
		return HF_NONE;
	offset = HF_U32(blob, (__u32)sizeof(struct hf_head) + 2 * is6 * 4);
	if (!offset)
		return HF_NONE;
	table = HF_AT(blob, struct hf_table, offset);
	if (is6)
		return hf_search6(blob, mask, table, packet->ip, packet->x, &hf_scratch);
	return hf_search4(blob, mask, table, packet->src, packet->dst, packet->x, &hf_scratch);
}

static __always_inline __u32 hf_scan(const struct hf_packet *packet)
{
	__u64 zero = 0, x = packet->x;
	const __u8 *lines = bpf_map_lookup_elem(&hf_lines, &zero);
	__u32 mask = hf_lines_mask, at, left;

	if (!lines)
		return HF_NONE;
	left = HF_U32(lines, 0);
	at = HF_U32(lines, 8);	/* HF_LINES_HEAD, and the verifier does not know */
	if (packet->family == 6) {
		__u64 a = packet->ip[0], b = packet->ip[1], c = packet->ip[2], d = packet->ip[3];

		for (; left; left--) {
			const struct hf_scan6 *line;

			cond_break;
			line = HF_AT(lines, struct hf_scan6, at);
			if (!((a & line->mask[0]) ^ line->ip[0]) && !((b & line->mask[1]) ^ line->ip[1]) &&
			    !((c & line->mask[2]) ^ line->ip[2]) && !((d & line->mask[3]) ^ line->ip[3]) &&
			    hf_in_box(x, line->lo, line->hi))
				return line->rank;
			at += sizeof(*line);
		}
	} else {
		__u64 ip = (__u64)packet->src << 32 | packet->dst;

		for (; left; left--) {
			const struct hf_scan4 *line;

			cond_break;
			line = HF_AT(lines, struct hf_scan4, at);
			if ((ip & line->mask) == line->ip && hf_in_box(x, line->lo, line->hi))
				return line->rank;
			at += sizeof(*line);
		}
	}
	return HF_NONE;
}

static __always_inline void hf_note(__u32 number, __u32 rank)
{
	__u64 zero = 0;
	__u32 *answers = bpf_map_lookup_elem(&hf_answers_map, &zero);

	if (answers)
		answers[number & (HF_TRACE - 1)] = rank;
}

/* The harness alone. */
SEC("tc")
int hf_b_empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_UNSPEC;
}

/* What every classifier must do. */
SEC("tc")
int hf_b_floor(struct __sk_buff *skb)
{
	struct hf_packet packet = {};

	(void)skb;
	return hf_read(&packet) == HF_IP ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* And the search, nothing kept and nothing counted. */
SEC("tc")
int hf_b_search(struct __sk_buff *skb)
{
	struct hf_packet packet = {};

	(void)skb;
	if (hf_read(&packet) != HF_IP)
		return TC_ACT_SHOT;
	return hf_search(&packet) & HF_RANK_ACTION ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* All a packet meets on a device: flow cache, search, counters. */
SEC("tc")
int hf_b_judge(struct __sk_buff *skb)
{
	struct hf_packet packet = {};
	int parsed = hf_read(&packet);

	(void)skb;
	return hf_judge(&packet, parsed, HF_INGRESS) == HF_PASS ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* One line after the other. */
SEC("tc")
int hf_b_scan(struct __sk_buff *skb)
{
	struct hf_packet packet = {};

	(void)skb;
	if (hf_read(&packet) != HF_IP)
		return TC_ACT_SHOT;
	return hf_scan(&packet) & HF_RANK_ACTION ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

/* The same two, not for their time but for what they answer. */
SEC("tc")
int hf_b_searched(struct __sk_buff *skb)
{
	struct hf_packet packet = {};
	__u32 number = hf_cursor;

	(void)skb;
	if (hf_read(&packet) == HF_IP)
		hf_note(number, hf_search(&packet));
	return TC_ACT_UNSPEC;
}

SEC("tc")
int hf_b_scanned(struct __sk_buff *skb)
{
	struct hf_packet packet = {};
	__u32 number = hf_cursor;

	(void)skb;
	if (hf_read(&packet) == HF_IP)
		hf_note(number, hf_scan(&packet));
	return TC_ACT_UNSPEC;
}

char hf_license[] SEC("license") = "GPL";
