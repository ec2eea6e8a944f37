# cmake -DFROM=FILE -DNAME=NAME -DTO=FILE.c -P Embed.cmake: writes a file as the bytes of a C array,
# NAME, and its length, NAME_len.
file(READ "${FROM}" bytes HEX)
string(LENGTH "${bytes}" digits)
math(EXPR length "${digits} / 2")
string(REGEX REPLACE "(................................)" "\\1\n" bytes "${bytes}")
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," bytes "${bytes}")
file(WRITE "${TO}" "#include <stddef.h>\nextern const unsigned char ${NAME}[];\nextern const size_t ${NAME}_len;\n"
     "const size_t ${NAME}_len = ${length};\nconst unsigned char ${NAME}[] = {\n${bytes}\n};\n")
