"""What is seen in the room: ice that a person sees on a control image, held against what was predicted."""
