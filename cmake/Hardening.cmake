# What makes a mistake with memory harder to use, for one target: stack protector, stack clash
# protection, CET where the processor has it, checked libc calls (FORTIFY) in optimised builds, and a
# table of functions that is read-only once the program runs (RELRO, BIND_NOW). Sanitizers find more,
# and want none of it.
include(CheckCCompilerFlag)
include(CheckPIESupported)
check_pie_supported(LANGUAGES C)

set(GLIMPSE_HARDENING_FLAGS)
if(GLIMPSE_HARDENING AND NOT GLIMPSE_SANITIZE)
    foreach(flag -fstack-protector-strong -fstack-clash-protection -fcf-protection=full)
        string(MAKE_C_IDENTIFIER "GLIMPSE_HAS${flag}" known)
        check_c_compiler_flag(${flag} ${known})
        if(${known})
            list(APPEND GLIMPSE_HARDENING_FLAGS ${flag})
        endif()
    endforeach()
    # libc checks only what is optimised; a level that the packager chose stands.
    if(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE")
        set(optimised "$<CONFIG:Release,RelWithDebInfo,MinSizeRel>")
        list(APPEND GLIMPSE_HARDENING_FLAGS
             "$<${optimised}:-U_FORTIFY_SOURCE>" "$<${optimised}:-D_FORTIFY_SOURCE=3>")
    endif()
endif()

function(glimpse_harden target)
    if(GLIMPSE_HARDENING AND NOT GLIMPSE_SANITIZE)
        target_compile_options(${target} PRIVATE ${GLIMPSE_HARDENING_FLAGS})
        get_target_property(type ${target} TYPE)
        if(type MATCHES "EXECUTABLE|SHARED_LIBRARY")
            target_link_options(${target} PRIVATE LINKER:-z,relro LINKER:-z,now)
        endif()
    endif()
endfunction()
