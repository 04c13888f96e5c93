// Package service is the library of the example, as library.proto describes it.
package service

import (
	"context"
	"errors"
	"io"
	"math"
	"math/bits"
	"slices"
	"strings"

	"buf.build/go/protovalidate"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	libraryv1 "vitrine.example/library/v1"
)

// Library implements libraryv1.LibraryServiceServer.
type Library struct {
	libraryv1.UnimplementedLibraryServiceServer
}

// DescribeBook answers with what a reader wants to know.
func (Library) DescribeBook(_ context.Context, request *libraryv1.DescribeBookRequest) (*libraryv1.DescribeBookResponse, error) {
	if err := refuseInvalid(request); err != nil {
		return nil, err
	}
	book := request.GetBook()
	response := &libraryv1.DescribeBookResponse{
		Label:     label(book),
		Price:     book.GetPrice(),
		Available: book.Copies != nil && book.GetCopies() > 0,
		Tags:      slices.Sorted(slices.Values(book.GetTags())),
	}
	if _, ok := book.GetOrigin().(*libraryv1.Book_Donor); ok {
		response.Price /= 2
	}
	for _, copies := range book.GetShelves() {
		response.OnShelves += int64(copies)
	}
	return response, nil
}

func label(book *libraryv1.Book) string {
	if book.GetGenre() == libraryv1.Genre_GENRE_UNSPECIFIED {
		return book.GetTitle()
	}
	genre := strings.ToLower(strings.TrimPrefix(book.GetGenre().String(), "GENRE_"))
	return book.GetTitle() + " (" + genre + ")"
}

// Count sends numbers, a step apart.
func (Library) Count(request *libraryv1.CountRequest, stream grpc.ServerStreamingServer[libraryv1.CountResponse]) error {
	if err := refuseInvalid(request); err != nil {
		return err
	}
	value := int64(request.GetFrom())
	for range request.GetLength() {
		if value > math.MaxInt32 || value < math.MinInt32 {
			return status.Error(codes.OutOfRange, "the next number leaves 32 bits")
		}
		if err := stream.Send(&libraryv1.CountResponse{Value: int32(value)}); err != nil {
			return err
		}
		value += int64(request.GetStep())
	}
	return nil
}

// Add answers with the sum of all that comes.
func (Library) Add(stream grpc.ClientStreamingServer[libraryv1.AddRequest, libraryv1.AddResponse]) error {
	response := &libraryv1.AddResponse{}
	for {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		sum, _ := bits.Add64(uint64(response.Total), uint64(request.GetAmount()), 0)
		if overflows(response.Total, request.GetAmount(), int64(sum)) {
			return status.Error(codes.OutOfRange, "the sum leaves 64 bits")
		}
		response.Total = int64(sum)
		response.Count++
	}
	if response.Count == 0 {
		return status.Error(codes.FailedPrecondition, "nothing to add")
	}
	return stream.SendAndClose(response)
}

func overflows(a, b, sum int64) bool {
	return (a > 0 && b > 0 && sum < 0) || (a < 0 && b < 0 && sum >= 0)
}

// Echo answers each request as it comes.
func (Library) Echo(stream grpc.BidiStreamingServer[libraryv1.EchoRequest, libraryv1.EchoResponse]) error {
	for index := uint32(0); ; index++ {
		request, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if math.IsNaN(request.GetWeight()) {
			return status.Error(codes.InvalidArgument, "weight")
		}
		err = stream.Send(&libraryv1.EchoResponse{
			Index:      index,
			Text:       strings.ToUpper(request.GetText()),
			DataLength: uint32(len(request.GetData())),
			Weight:     request.GetWeight(),
		})
		if err != nil {
			return err
		}
	}
}

func refuseInvalid(request proto.Message) error {
	if err := protovalidate.Validate(request); err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	return nil
}
