module github.com/tutas/tutas/internal

go 1.26.0

require (
	github.com/tutas/tutas v0.1.0
	github.com/tutas/tutas/storage/postgres v0.1.0
	github.com/tutas/tutas/storage/sqlite v0.1.0
)

require golang.org/x/mod v0.43.0 // indirect

replace (
	github.com/tutas/tutas => ..
	github.com/tutas/tutas/storage/postgres => ../storage/postgres
	github.com/tutas/tutas/storage/sqlite => ../storage/sqlite
)
