/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * TC and TCX, both directions, with or without link layer.
 *
 * Returns TC_ACT_UNSPEC (= TCX_NEXT) for a packet that passes: programs of others behind this one still see it.
 * Returns TC_ACT_SHOT for one that is dropped.
 */
#include "hf_judge.h"

/*
 * Not static: the verifier looks at it once, by itself, and goes on behind it without knowing which of its many ways
 * a packet took.
 */
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

static __always_inline int hf_tc(struct __sk_buff *skb, __u32 direction)
{
	struct hf_packet packet = {};
	int parsed = hf_read(skb, &packet);

	if (unlikely(parsed == HF_SHORT)) {
		/* Headers in paged memory: rare, and then all of it comes nearer. */
		bpf_skb_pull_data(skb, skb->len);
		parsed = hf_read(skb, &packet);
	}
	return hf_judge(&packet, parsed, direction) == HF_PASS ? TC_ACT_UNSPEC : TC_ACT_SHOT;
}

SEC("tc")
int hf_ingress(struct __sk_buff *skb)
{
	return hf_tc(skb, HF_INGRESS);
}

SEC("tc")
int hf_egress(struct __sk_buff *skb)
{
	return hf_tc(skb, HF_EGRESS);
}

char hf_license[] SEC("license") = "GPL";
