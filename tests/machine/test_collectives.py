"""Collectives in the text of programs, in the forms that XLA writes."""

import pytest

from kjax.machine.collectives import collectives_in


@pytest.mark.parametrize(
    ("line", "kind", "size", "devices"),
    [
        ("%a = (f32[], bf16[6]{0}) all-reduce(%b, %c), replica_groups={{0,1,2},{3,4,5}}", "all-reduce", 16, 3),
        ("%a = f32[6,16]{1,0} all-gather(%b), replica_groups=[2,4]<=[4,2]T(1,0), dimensions={1}", "all-gather", 384, 4),
        (
            "ROOT %a = pred[5]{0} all-to-all(%b), replica_groups=mesh['x'=2,'y'=4,'z'=3] {'x','z'}, channel_id=1",
            "all-to-all",
            5,
            6,
        ),
        ("%a = (f32[2], f32[8]{0}) all-gather-start(%b), dimensions={0}", "all-gather", 32, None),
        ("%a = f64[3,2] collective-permute(%b), source_target_pairs={{0,1}}", "collective-permute", 48, None),
    ],
)  # fmt: skip
def test_one_line(line, kind, size, devices):
    assert collectives_in(f"HloModule jit_f\n  {line}\n") == [(kind, size, devices)]


def test_other_lines_are_none():
    text = (
        "%a = f32[2] get-tuple-element(%all-reduce.1), index=0\n%d = f32[8] all-gather-done(%a)\n%b = f32[] add(%c, %c)"
    )
    assert collectives_in(text) == []
