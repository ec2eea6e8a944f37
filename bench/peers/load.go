// load URL SECONDS CONCURRENCY - Go's net/http with encoding/json, closed loop for so long. Prints answers, failures,
// seconds taken.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"
)

type message struct {
	Role    string `json:"role"`
	Content string `json:"content"`
}

type request struct {
	Model    string    `json:"model"`
	Messages []message `json:"messages"`
}

type answer struct {
	ID      string `json:"id"`
	Model   string `json:"model"`
	Choices []struct {
		Message      message `json:"message"`
		FinishReason string  `json:"finish_reason"`
	} `json:"choices"`
	Usage struct {
		PromptTokens     int `json:"prompt_tokens"`
		CompletionTokens int `json:"completion_tokens"`
		TotalTokens      int `json:"total_tokens"`
	} `json:"usage"`
}

func ask(client *http.Client, url, content string) bool {
	body, err := json.Marshal(request{"m", []message{{"user", content}}})
	if err != nil {
		return false
	}
	response, err := client.Post(url, "application/json", bytes.NewReader(body))
	if err != nil {
		return false
	}
	defer response.Body.Close()
	var got answer
	if err := json.NewDecoder(response.Body).Decode(&got); err != nil {
		return false
	}
	io.Copy(io.Discard, response.Body) // to its end, or the connection is not used again
	return len(got.Choices) > 0 && got.Choices[0].Message.Content != ""
}

func main() {
	url := os.Args[1] + "/chat/completions"
	seconds, _ := strconv.ParseFloat(os.Args[2], 64)
	concurrency, _ := strconv.Atoi(os.Args[3])
	content := strings.Repeat("The package holds a program that reads descriptions. ", 8)
	client := &http.Client{Transport: &http.Transport{MaxIdleConns: concurrency, MaxIdleConnsPerHost: concurrency}}
	ok, failed := make([]int, concurrency), make([]int, concurrency)
	begin := time.Now()
	end := begin.Add(time.Duration(seconds * float64(time.Second)))
	var all sync.WaitGroup
	for i := 0; i < concurrency; i++ {
		all.Add(1)
		go func(i int) {
			defer all.Done()
			for time.Now().Before(end) {
				if ask(client, url, content) {
					ok[i]++
				} else {
					failed[i]++
				}
			}
		}(i)
	}
	all.Wait()
	sumOK, sumFailed := 0, 0
	for i := range ok {
		sumOK += ok[i]
		sumFailed += failed[i]
	}
	fmt.Println(sumOK, sumFailed, time.Since(begin).Seconds())
}
