"""256 short words that are easy to say over the telephone: eight bits each."""

from __future__ import annotations

from typing import Final

_TEXT = """
acorn adder agate album alder amber anchor ankle apple apron arch arrow ash atlas attic autumn axle badge
bagel bamboo banjo barley basil basin basket bat beach beak beam bean bear beaver bell belt bench berry birch
bird biscuit bison blanket bloom boat bonnet book boot bottle bowl branch brass bread brick bridge brook broom
brush bucket buckle bud bugle butter button cabin cactus camel candle canoe canvas carrot castle cedar cello
chair chalk cheese cherry chess chisel circle clay cliff clock cloud clover coal coast cobra coin comet
compass copper coral cork cotton crane crayon creek cricket crow crown cup curtain daisy dawn deer desk diary
dock donkey door dragon drum duck dune eagle easel echo elbow elm ember engine falcon farm feather fence fern
ferry fiddle field fig finch flag flame flute fog forest fox frog galaxy garden garlic gate ginger glacier
glove goat goose gourd granite grape gravel guitar gull hammer harbor harp hat hawk hazel hedge helmet heron
hill hinge honey horn hut ibis igloo ink iris island ivory ivy jacket jade jar jasmine jelly juniper kayak
kettle kite kiwi ladder lagoon lake lamp lantern larch lark laurel leaf lemon lily linen lion lizard locket
lotus lynx magnet mango maple marble meadow melon mint mirror mole moon moss moth mountain mug nest nickel
nutmeg oak oar oasis ocean olive onion opal orange orchid otter owl oyster paddle panda paper parrot peach
pear pebble pencil pepper piano pillow pine planet plum pocket pond poppy puffin quail quartz quill rabbit
radio raft rain raven
"""
WORDS: Final = tuple(_TEXT.split())
