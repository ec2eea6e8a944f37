# What `cmake --install` lays down: both forms of the library, the public headers, and
# what lets others find them: glimpse.pc and the CMake package `glimpse`.
include(CMakePackageConfigHelpers)

set(package_dir "${CMAKE_INSTALL_LIBDIR}/cmake/glimpse")

# Apart, for who uses the shared library needs nothing of what the archive stands on.
install(TARGETS glimpse-shared EXPORT glimpse-targets
        LIBRARY DESTINATION "${CMAKE_INSTALL_LIBDIR}")
install(TARGETS glimpse EXPORT glimpse-static-targets
        ARCHIVE DESTINATION "${CMAKE_INSTALL_LIBDIR}")

install(DIRECTORY core/include/glimpse DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}"
        FILES_MATCHING PATTERN "*.h")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/include/glimpse/version.h"
        DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/glimpse")

# A prefix found from the file's own place keeps an installed tree movable.
file(RELATIVE_PATH GLIMPSE_PC_TO_PREFIX
     "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" GLIMPSE_PC_TO_PREFIX "${GLIMPSE_PC_TO_PREFIX}")
configure_file(cmake/glimpse.pc.in glimpse.pc @ONLY)
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/glimpse.pc"
        DESTINATION "${CMAKE_INSTALL_LIBDIR}/pkgconfig")

configure_package_config_file(cmake/glimpse-config.cmake.in glimpse-config.cmake
                              INSTALL_DESTINATION "${package_dir}")
write_basic_package_version_file(glimpse-config-version.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT glimpse-targets NAMESPACE glimpse:: DESTINATION "${package_dir}")
install(EXPORT glimpse-static-targets NAMESPACE glimpse:: DESTINATION "${package_dir}")
install(FILES "${CMAKE_CURRENT_BINARY_DIR}/glimpse-config.cmake"
              "${CMAKE_CURRENT_BINARY_DIR}/glimpse-config-version.cmake"
              cmake/Dependencies.cmake
        DESTINATION "${package_dir}")
