/* SPDX-License-Identifier: (GPL-2.0-only OR Apache-2.0) */
/*
 * XDP, ingress of an uplink: before the kernel spends anything on a packet.
 *
 * Returns XDP_PASS or XDP_DROP. Headers must lie in the first buffer of a packet that has several: what does not is
 * unparsable here. Kernels before 6.9 get the build without several buffers, so no jumbo frames on native XDP.
 */
#include "hf_judge.h"

/* Not static: see hf_evidence.h. */
__noinline int hf_read(struct xdp_md *xdp, struct hf_packet *packet)
{
	struct hf_frame frame;

	if (!packet)
		return HF_UNPARSABLE;
	frame.data = (void *)(unsigned long)xdp->data;
	frame.end = (void *)(unsigned long)xdp->data_end;
#ifdef HF_BPF_LOOP
	frame.length = frame.end - frame.data;
#else
	frame.length = bpf_xdp_get_buff_len(xdp);
#endif
	return hf_parse(&frame, 0, packet);
}

#ifdef HF_BPF_LOOP
SEC("xdp")
#else
SEC("xdp.frags")
#endif
int hf_xdp(struct xdp_md *xdp)
{
	struct hf_packet packet = {};
	int parsed = hf_read(xdp, &packet);

	return hf_judge(&packet, parsed, HF_INGRESS) == HF_PASS ? XDP_PASS : XDP_DROP;
}

char hf_license[] SEC("license") = "GPL";
