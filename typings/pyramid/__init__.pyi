# The parts of Pyramid that Hanse uses; Pyramid itself ships no types.
