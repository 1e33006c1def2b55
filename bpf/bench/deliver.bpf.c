/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * Packets on their way through the kernel: bench/classify.ts runs hf_b_deliver with live frames, so each packet of the
 * trace arrives on a device, meets what is attached there, and ends where a netfilter rule drops it.
 */
#include "../src/hf_parse.h"
#include "hf_trace.h"

enum { HF_ETHERNET = 14, HF_HEADERS = 40 };

SEC("xdp")
int hf_b_deliver(struct xdp_md *xdp)
{
	void *data = (void *)(unsigned long)xdp->data;
	void *end = (void *)(unsigned long)xdp->data_end;
	struct hf_frame frame;
	__u64 *to = data + HF_ETHERNET;
	const __u64 *from;

	if (data + HF_ETHERNET + HF_HEADERS > end || !hf_next(&frame))
		return XDP_DROP;
	from = frame.data;
#pragma unroll
	for (int i = 0; i < HF_HEADERS / 8; i++)
		to[i] = from[i];
	return XDP_PASS;
}

/* Not static: as hf_tc.bpf.c has it. */
__noinline int hf_read(struct __sk_buff *skb, struct hf_packet *packet)
{
	struct hf_frame frame;

	if (!packet)
		return HF_UNPARSABLE;
	frame.length = skb->len;
	frame.data = (void *)(unsigned long)skb->data;
	frame.end = (void *)(unsigned long)skb->data_end;
	return hf_parse(&frame, skb->protocol, packet);
}

/* The hook itself and the parser: the least a classifier costs there. */
SEC("tc")
int hf_b_parse(struct __sk_buff *skb)
{
	struct hf_packet packet = {};

	return hf_read(skb, &packet) == HF_IP ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

char hf_license[] SEC("license") = "GPL";
