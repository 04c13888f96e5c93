// Tests of library/v1/library.proto. Written once by protoc-gen-vitrine-test; yours from now on: it is
// never overwritten. Filled in here as docs/testgen.md says, from library.proto and nothing else.

package libraryv1_test

import (
	"math"
	"slices"
	"strings"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	libraryv1 "vitrine.example/library/v1"
	"vitrine.example/service"
)

type described = libraryv1.DescribeBookResponse

// book is the answer to the typical book of the generated cases, changed.
func book(change func(*described)) []*described {
	// 104 cents, donated; 17 and 18 on the shelves.
	typical := &described{
		Label: "title 2 (novel)", Price: 52, Available: true, OnShelves: 35,
		Tags: []string{"tags 6", "tags 7"},
	}
	change(typical)
	return []*described{typical}
}

func same(*described)                        {}
func scarce(answer *described)               { answer.Available = false }
func whole(answer *described)                { answer.Price = 104 }
func labelled(label string) func(*described) { return func(d *described) { d.Label = label } }
func priced(price int64) func(*described)    { return func(d *described) { d.Price = price } }
func shelved(copies int64) func(*described)  { return func(d *described) { d.OnShelves = copies } }
func tagged(tags ...string) func(*described) { return func(d *described) { d.Tags = tags } }

func numbers(values ...int32) []*libraryv1.CountResponse {
	replies := []*libraryv1.CountResponse{}
	for _, value := range values {
		replies = append(replies, &libraryv1.CountResponse{Value: value})
	}
	return replies
}

func sum(total int64, count uint32) []*libraryv1.AddResponse {
	return []*libraryv1.AddResponse{{Total: total, Count: count}}
}

func echo(text string, length uint32, weight float64) []*libraryv1.EchoResponse {
	return []*libraryv1.EchoResponse{{Text: text, DataLength: length, Weight: weight}}
}

func init() {
	genLibraryService.Register = func(_ *testing.T, s grpc.ServiceRegistrar) {
		libraryv1.RegisterLibraryServiceServer(s, service.Library{})
	}
	genLibraryService.DescribeBook = genLibraryServiceDescribeBook{
		{Case: "typical", Replies: book(same)},
		{Case: "book.title = 1 character", Replies: book(labelled("a (novel)"))},
		{Case: "book.title = 1 two-byte character", Replies: book(labelled("é (novel)"))},
		{Case: "book.title = 2 characters", Replies: book(labelled("aa (novel)"))},
		{Case: "book.title = 2 two-byte characters", Replies: book(labelled("éé (novel)"))},
		{Case: "book.title = 80 characters", Replies: book(labelled(strings.Repeat("a", 80) + " (novel)"))},
		{Case: "book.title = 80 two-byte characters", Replies: book(labelled(strings.Repeat("é", 80) + " (novel)"))},
		{Case: "book.title = 79 characters", Replies: book(labelled(strings.Repeat("a", 79) + " (novel)"))},
		{Case: "book.title = 79 two-byte characters", Replies: book(labelled(strings.Repeat("é", 79) + " (novel)"))},
		{Case: "book.title = spaces", Replies: book(labelled("   (novel)"))},
		{Case: "book.title = unicode", Replies: book(labelled("Zoë 漢字 😀 e\u0301 (novel)"))},
		{Case: "book.genre unset", Replies: book(labelled("title 2"))},
		{Case: "book.genre = GENRE_ESSAY", Replies: book(labelled("title 2 (essay)"))},
		{Case: "book.genre = GENRE_POETRY", Replies: book(labelled("title 2 (poetry)"))},
		{Case: "book.price unset", Replies: book(priced(0))},
		{Case: "book.price = 1000000", Replies: book(priced(500000))},
		{Case: "book.price = 999999", Replies: book(priced(499999))},
		{Case: "book.price = 1", Replies: book(priced(0))},
		{Case: "book.copies unset", Replies: book(scarce)},
		{Case: "book.copies = zero", Replies: book(scarce)},
		{Case: "book.copies = minus one", Replies: book(scarce)},
		{Case: "book.copies = max", Replies: book(same)},
		{Case: "book.copies = min", Replies: book(scarce)},
		{Case: "book.tags unset", Replies: book(tagged())},
		{Case: "book.tags = 1 item", Replies: book(tagged("tags 6"))},
		{Case: "book.tags = 3 items", Replies: book(tagged("tags 6", "tags 7", "tags 8"))},
		{Case: "book.tags = 2 items", Replies: book(same)},
		{Case: "book.shelves unset", Replies: book(shelved(0))},
		{Case: "book.shelves = one", Replies: book(shelved(17))},
		{Case: "book.added unset", Replies: book(same)},
		{Case: "book.added = epoch", Replies: book(same)},
		{Case: "book.added = before the epoch", Replies: book(same)},
		{Case: "book.added = min", Replies: book(same)},
		{Case: "book.added = max", Replies: book(same)},
		{Case: "book.donor unset", Replies: book(whole)},
		{Case: "book.donor = empty", Replies: book(same)},
		{Case: "book.donor = spaces", Replies: book(same)},
		{Case: "book.donor = unicode", Replies: book(same)},
		{Case: "book.donor = long", Replies: book(same)},
		{Case: "book.invoice = zero", Replies: book(whole)},
		{Case: "book.invoice = minus one", Replies: book(whole)},
		{Case: "book.invoice = max", Replies: book(whole)},
		{Case: "book.invoice = min", Replies: book(whole)},
	}
	genLibraryService.Count = genLibraryServiceCount{
		{Case: "zero", Replies: numbers()},
		{Case: "typical", Replies: numbers(11, 23, 35, 47, 59)},
		{Case: "from unset", Replies: numbers(0, 12, 24, 36, 48)},
		{Case: "from = minus one", Replies: numbers(-1, 11, 23, 35, 47)},
		{Case: "from = max", Replies: numbers(math.MaxInt32), Code: codes.OutOfRange},
		{Case: "from = min", Replies: numbers(-2147483648, -2147483636, -2147483624, -2147483612, -2147483600)},
		{Case: "step unset", Replies: numbers(11, 11, 11, 11, 11)},
		{Case: "step = minus one", Replies: numbers(11, 10, 9, 8, 7)},
		{Case: "step = max", Replies: numbers(11), Code: codes.OutOfRange},
		{Case: "step = min", Replies: numbers(11, -2147483637), Code: codes.OutOfRange},
		{Case: "length unset", Replies: numbers()},
		{Case: "length = 4", Replies: numbers(11, 23, 35, 47)},
	}
	genLibraryService.Add = genLibraryServiceAdd{
		{Case: "no requests", Code: codes.FailedPrecondition},
		{Case: "three requests: typical, zero, typical", Replies: sum(202, 3)},
		{Case: "zero", Replies: sum(0, 1)},
		{Case: "typical", Replies: sum(101, 1)},
		{Case: "amount = minus one", Replies: sum(-1, 1)},
		{Case: "amount = max", Replies: sum(math.MaxInt64, 1)},
		{Case: "amount = min", Replies: sum(math.MinInt64, 1)},
	}
	genLibraryService.Echo = genLibraryServiceEcho{
		{Case: "no requests", Replies: []*libraryv1.EchoResponse{}},
		// An answer may be computed, by other means than the service's own.
		{Case: "three requests: typical, zero, typical", By: echoAll},
		{Case: "zero", Replies: echo("", 0, 0)},
		{Case: "typical", Replies: echo("TEXT 1", 3, 3.5)},
		{Case: "text unset", Replies: echo("", 3, 3.5)},
		{Case: "text = spaces", Replies: echo("  ", 3, 3.5)},
		{Case: "text = unicode", Replies: echo("ZOË 漢字 😀 E\u0301", 3, 3.5)},
		{Case: "text = long", Replies: echo(strings.Repeat("X", 130), 3, 3.5)},
		{Case: "data unset", Replies: echo("TEXT 1", 0, 3.5)},
		{Case: "data = not UTF-8", Replies: echo("TEXT 1", 5, 3.5)},
		{Case: "data = long", Replies: echo("TEXT 1", 130, 3.5)},
		{Case: "weight unset", Replies: echo("TEXT 1", 3, 0)},
		{Case: "weight = negative", Replies: echo("TEXT 1", 3, -1.5)},
		{Case: "weight = NaN", Replies: []*libraryv1.EchoResponse{}, Code: codes.InvalidArgument},
		{Case: "weight = max", Replies: echo("TEXT 1", 3, math.MaxFloat64)},
	}
}

func echoAll(requests []*libraryv1.EchoRequest) ([]*libraryv1.EchoResponse, codes.Code) {
	var replies []*libraryv1.EchoResponse
	for request := range slices.Values(requests) {
		one := echo(strings.ToUpper(request.Text), uint32(len(request.Data)), request.Weight)[0]
		one.Index = uint32(len(replies))
		replies = append(replies, one)
	}
	return replies, codes.OK
}
