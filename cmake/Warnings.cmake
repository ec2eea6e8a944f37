# The project's flags for one target: warnings (errors in developer builds), sanitizers, hardening.
function(glimpse_sanitize target)
    if(GLIMPSE_SANITIZE)
        target_compile_options(${target} PRIVATE -fsanitize=${GLIMPSE_SANITIZE}
                               -fno-sanitize-recover=all -fno-omit-frame-pointer)
        target_link_options(${target} PUBLIC -fsanitize=${GLIMPSE_SANITIZE})
    endif()
endfunction()

function(glimpse_warnings target)
    target_compile_options(${target} PRIVATE
        -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
        -Wwrite-strings -Wpointer-arith -Wcast-qual -Wconversion -Wno-sign-conversion
        -Wundef -Wvla -Wformat=2 -Wold-style-definition -Wnull-dereference
        # clang 19 has it in -Wconversion; here `enum { N = 5 }` is how an integer gets a name.
        $<$<C_COMPILER_ID:Clang>:-Wno-enum-float-conversion>)
    if(GLIMPSE_DEVELOPER)
        target_compile_options(${target} PRIVATE -Werror)
    endif()
    # Asserts stay on in what people run: they are few, cheap, and stop a mistake of ours where it is.
    # Files of more than 2 GiB are files, on 32 bits as well.
    target_compile_options(${target} PRIVATE -UNDEBUG)
    target_compile_definitions(${target} PRIVATE _FILE_OFFSET_BITS=64)
    glimpse_sanitize(${target})
    glimpse_harden(${target})
endfunction()
