# A base URL that is no http URL is refused, and what was wrong is said, but not the URL.
for url in ftp://example.org/v1 'http://exa mple.org' example.org http:// http://h:99999 \
    http://user:secret@example.org; do
    expect 78 "$GLIMPSE" run --base-url "$url" hello
    says --base-url
    one_line
    OPENAI_BASE_URL=$url expect 78 "$GLIMPSE" run hello
    says OPENAI_BASE_URL
    ! grep -q secret err || fail "the password is shown"
done
